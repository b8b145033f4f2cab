"""Options of the metrics, and of what several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode

WEIGHTS_HELP = "File of the detector's weights; it is never fetched."
TRUST_HELP = "Run the TorchScript program in --weights; it is a program of whoever made it."


@dataclass(frozen=True)
class DetectorOptions:
    """Which network describes pictures."""

    detector: str = dynode.option(
        "auto",
        help="What describes a picture: the hidden units of a scorer, CLIP's embedding, Inception, a "
        "TorchScript program, ArcFace, or 8 x 8 mean colours.",
        choices=("auto", "scorer", "clip", "inception", "program", "arcface", "pixels"),
    )
    weights: Path | None = dynode.option(None, help=WEIGHTS_HELP)
    trust: bool = dynode.option(False, help=TRUST_HELP)
    scorer: str = dynode.option("", help="Scorer by name; that of the generator's domain if empty.")


@dataclass(frozen=True)
class FrechetOptions(DetectorOptions):
    """Options of Fréchet distances."""

    covariance: str = dynode.option(
        "population",
        help="Divide covariances by n (as StyleGAN does) or by n - 1 (as torch-fidelity does).",
        choices=("population", "sample"),
    )


@dataclass(frozen=True)
class InceptionOptions:
    """Options of figures by Inception."""

    weights: Path | None = dynode.option(None, help=WEIGHTS_HELP)
    trust: bool = dynode.option(False, help=TRUST_HELP)


@dataclass(frozen=True)
class FidOptions(InceptionOptions):
    """Options of FID."""

    covariance: str = dynode.option(
        "population",
        help="Divide covariances by n (as StyleGAN does) or by n - 1 (as torch-fidelity does).",
        choices=("population", "sample"),
    )


@dataclass(frozen=True)
class KidOptions(InceptionOptions):
    """Options of KID."""

    subsets: int = dynode.option(100, help="Subsets that are averaged.", min=1, max=10_000)
    subset_size: int = dynode.option(1000, help="Items of a subset, at most.", min=2, max=100_000)


@dataclass(frozen=True)
class ScoreOptions(InceptionOptions):
    """Options of the inception score."""

    splits: int = dynode.option(10, help="Parts the score is computed of.", min=1, max=1000)


@dataclass(frozen=True)
class ManifoldOptions(DetectorOptions):
    """Options of precision and recall."""

    nearest: int = dynode.option(3, help="Neighbours that span the radius.", min=1, max=1000)


@dataclass(frozen=True)
class WindowOptions:
    """Options of figures over short clips."""

    weights: Path | None = dynode.option(None, help=WEIGHTS_HELP)
    trust: bool = dynode.option(False, help=TRUST_HELP)
    frames: int = dynode.option(16, help="Frames of a clip.", unit="frames", min=10, max=1024)
    step: int = dynode.option(1, help="Every which frame is taken.", unit="frames", min=1, max=1024)


@dataclass(frozen=True)
class FvdOptions(WindowOptions):
    """Options of FVD."""

    covariance: str = dynode.option(
        "population",
        help="Divide covariances by n (as StyleGAN-V does) or by n - 1.",
        choices=("population", "sample"),
    )


@dataclass(frozen=True)
class ClipFrechetOptions(FrechetOptions):
    """Options of the Fréchet distance of clips."""

    frames: int = dynode.option(16, help="Frames of a clip.", unit="frames", min=2, max=1024)
    step: int = dynode.option(1, help="Every which frame is taken.", unit="frames", min=1, max=1024)


@dataclass(frozen=True)
class SimilarityOptions:
    """Options of SSIM over several scales."""

    scales: int = dynode.option(5, help="Scales, each half as large.", min=1, max=5)


@dataclass(frozen=True)
class LpipsOptions:
    """Options of LPIPS."""

    weights: Path | None = dynode.option(None, help="torchvision's vgg16 or alexnet file.")
    backbone: str = dynode.option("vgg", help="Network of the file.", choices=("vgg", "alex"))


@dataclass(frozen=True)
class TrackOptions:
    """What is followed through a clip."""

    follow: str = dynode.option(
        "auto",
        help="A scorer's readings in standard deviations, landmarks in picture heights, or 8 x 8 mean "
        "colours; auto takes the readings where a scorer knows the pictures.",
        choices=("auto", "scores", "landmarks", "colours"),
    )
    scorer: str = dynode.option("", help="Scorer by name; that of the generator's domain if empty.")
    face_detector: str = dynode.option("", help="Face detector of the landmarks, by name.")
    face_model: Path | None = dynode.option(None, help="Model file of the face detector.")


@dataclass(frozen=True)
class ScoresOptions:
    """Which scorer reads attributes."""

    scorer: str = dynode.option("", help="Scorer by name; that of the generator's domain if empty.")


@dataclass(frozen=True)
class TextOptions:
    """The edit in words."""

    text: str = dynode.option(help="What the edit is to do, such as 'a smiling face'.")
    neutral: str = dynode.option(
        "", help="What was there before, in words; what all pictures show if empty, 'a face'."
    )


@dataclass(frozen=True)
class WarpOptions:
    """Options of the warp error."""

    reach: int = dynode.option(
        7, help="Longest motion between frames.", unit="pixels", min=1, max=64
    )
