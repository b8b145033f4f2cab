"""Metrics of clips: of sets of short ones, of how they move, and of edits over time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import dynode
from dynode import Measurement, Needs, Setting
from dynode.lazy import attribute_on_demand
from dynode.options import NoOptions

if TYPE_CHECKING:
    from dynode_metrics.options import (
        ClipFrechetOptions,
        DetectorOptions,
        FvdOptions,
        TrackOptions,
        WarpOptions,
        WindowOptions,
    )

_CLIPS = Needs(items="clips", reference=False)
_PAIRS = Needs(items="clips", paired=True)


class Fvd(dynode.Metric):
    """Fréchet distance of I3D's features of clips.

    Source:
        Unterthiner et al. 2018, arXiv:1812.01717; as StyleGAN-V computes it (arXiv:2112.14683).
    """

    name = "fvd"
    summary = "Fréchet video distance of two sets of clips (your I3D file)"
    options = attribute_on_demand("dynode_metrics.options:FvdOptions")
    needs = Needs(items="clips", fewest=2)

    def needs_of(self, options: FvdOptions) -> Needs:
        """See `Metric.needs_of`."""
        return replace(self.needs, frames=options.frames, step=options.step)

    def start(self, options: FvdOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.frechet import Covariance, FrechetMeasurement
        from dynode_metrics.programs import load_clip_program

        found = load_clip_program(
            "I3D", options.weights, setting, trust=options.trust, metric=self.name
        )
        convention = cast("Covariance", options.covariance)
        return FrechetMeasurement(
            found.embed, found.spec, found.key, name=self.name, covariance=convention
        )


class Jedi(dynode.Metric):
    """JEDi: kernel distance of V-JEPA's features of clips.

    Source:
        Luo et al. 2024, arXiv:2410.05203.
    """

    name = "jedi"
    summary = "kernel distance of two sets of clips by V-JEPA (your TorchScript file)"
    options = attribute_on_demand("dynode_metrics.options:WindowOptions")
    needs = Needs(items="clips", fewest=2)

    def needs_of(self, options: WindowOptions) -> Needs:
        """See `Metric.needs_of`."""
        return replace(self.needs, frames=options.frames, step=options.step)

    def start(self, options: WindowOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.kernels import PolynomialMeasurement
        from dynode_metrics.programs import load_clip_program

        found = load_clip_program(
            "V-JEPA", options.weights, setting, trust=options.trust, metric=self.name
        )
        return PolynomialMeasurement(found.embed, found.spec, found.key, name=self.name)


class VideoInceptionScore(dynode.Metric):
    """Inception score of clips by C3D.

    Source:
        Saito et al. 2018, TGANv2, arXiv:1811.09245; as StyleGAN-V computes it.
    """

    name = "video-inception-score"
    summary = "inception score of one set of clips by C3D (your file)"
    options = attribute_on_demand("dynode_metrics.options:WindowOptions")
    needs = Needs(items="clips", reference=False, fewest=10)
    better = "higher"

    def needs_of(self, options: WindowOptions) -> Needs:
        """See `Metric.needs_of`."""
        return replace(self.needs, frames=options.frames, step=options.step)

    def start(self, options: WindowOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.inception_score import InceptionMeasurement
        from dynode_metrics.programs import load_clip_program

        found = load_clip_program(
            "C3D", options.weights, setting, trust=options.trust, metric=self.name
        )
        return InceptionMeasurement(
            found.embed, found.spec, found.key, name=self.name, splits=10, shuffled=True
        )


class ClipFrechet(dynode.Metric):
    """Fréchet distance of clips by a detector of pictures: what is seen, and how it changes."""

    name = "frechet-clips"
    summary = "Fréchet distance of two sets of clips, by any detector of pictures"
    options = attribute_on_demand("dynode_metrics.options:ClipFrechetOptions")
    check_options: ClassVar = {"detector": "pixels", "frames": 4}
    needs = Needs(items="clips", fewest=2)

    def needs_of(self, options: ClipFrechetOptions) -> Needs:
        """See `Metric.needs_of`."""
        return replace(self.needs, frames=options.frames, step=options.step)

    def start(self, options: ClipFrechetOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_detector
        from dynode_metrics.frechet import Covariance, FrechetMeasurement
        from dynode_metrics.moving_features import moving_features

        found = load_detector(options, setting, metric=self.name)
        spec = {**found.spec, "over time": "mean, and root mean square of changes"}
        convention = cast("Covariance", options.covariance)
        return FrechetMeasurement(
            moving_features(found),
            spec,
            f"moving {found.key}",
            name=self.name,
            covariance=convention,
        )


class ColourSimilarity(dynode.Metric):
    """Whether clips keep their colours."""

    name = "colour-similarity"
    summary = "shared colours of the frames of a clip, with the first frame and with neighbours"
    needs = _CLIPS
    better = "higher"

    def start(self, options: NoOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.colours import ColourMeasurement

        return ColourMeasurement()


class Jerk(dynode.Metric):
    """Mean absolute third difference of what is followed, beside speed and acceleration."""

    name = "jerk"
    summary = "third, second and first differences of what moves in a clip"
    options = attribute_on_demand("dynode_metrics.options:TrackOptions")
    needs = _CLIPS

    def start(self, options: TrackOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.following import follow
        from dynode_metrics.tracks import JerkMeasurement

        followed, spec = follow(options, setting, metric=self.name)
        return JerkMeasurement(followed, spec, f"track {sorted(spec.items())}")


class SpringIndex(dynode.Metric):
    """How much the motion of a clip undoes itself."""

    name = "spring-index"
    summary = "how much a motion undoes itself: -1 straight, 0 random, 1 a spring"
    options = attribute_on_demand("dynode_metrics.options:TrackOptions")
    needs = _CLIPS

    def start(self, options: TrackOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.following import follow
        from dynode_metrics.tracks import SpringMeasurement

        followed, spec = follow(options, setting, metric=self.name)
        return SpringMeasurement(followed, spec, f"track {sorted(spec.items())}")


class MotionHistograms(dynode.Metric):
    """Distance of the histograms of velocity and acceleration of two sets of clips."""

    name = "motion-histograms"
    summary = "distance of the histograms of velocity and acceleration of two sets of clips"
    options = attribute_on_demand("dynode_metrics.options:TrackOptions")
    needs = Needs(items="clips")

    def start(self, options: TrackOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.following import follow
        from dynode_metrics.tracks import MotionMeasurement

        followed, spec = follow(options, setting, metric=self.name)
        return MotionMeasurement(followed, spec, f"track {sorted(spec.items())}")


class _EditedIdentity(dynode.Metric):
    """Identity of frames of an edit, relative to the original; `reach` says of which pairs."""

    options = attribute_on_demand("dynode_metrics.options:DetectorOptions")
    check_options: ClassVar = {"detector": "pixels"}
    needs = _PAIRS
    better = "higher"
    reach: ClassVar[Literal["adjacent", "all"]]

    def start(self, options: DetectorOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_embedding
        from dynode_metrics.tracks import ConsistencyMeasurement

        found = load_embedding(options, setting, metric=self.name)
        return ConsistencyMeasurement(
            found.embed, found.spec, f"track {found.key}", name=self.name, reach=self.reach
        )


class LocalIdentity(_EditedIdentity):
    """TL-ID: identity of neighbouring frames of an edit, relative to the original."""

    name = "tl-id"
    summary = "identity of neighbouring frames of an edited clip (A), relative to the original (B)"
    reach = "adjacent"


class GlobalIdentity(_EditedIdentity):
    """TG-ID: identity of all pairs of frames of an edit, relative to the original."""

    name = "tg-id"
    summary = "identity of all pairs of frames of an edited clip (A), relative to the original (B)"
    reach = "all"


class ClipConsistency(dynode.Metric):
    """Mean cosine of CLIP's embeddings of neighbouring frames."""

    name = "clip-consistency"
    summary = "cosine of neighbouring frames of a clip in CLIP's space"
    needs = _CLIPS
    better = "higher"

    def start(self, options: NoOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_clip
        from dynode_metrics.tracks import SteadinessMeasurement

        _, found = load_clip(setting, metric=self.name)
        return SteadinessMeasurement(found.embed, found.spec, f"track {found.key}", name=self.name)


class WarpError(dynode.Metric):
    """What of the change between frames the motion of the original does not explain."""

    name = "warp-error"
    summary = "change between frames of an edited clip (A) beyond the motion of the original (B)"
    options = attribute_on_demand("dynode_metrics.options:WarpOptions")
    check_options: ClassVar = {"reach": 3}
    needs = _PAIRS

    def start(self, options: WarpOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.warping import WarpMeasurement

        return WarpMeasurement(options.reach)


METRICS = (
    Fvd,
    Jedi,
    VideoInceptionScore,
    ClipFrechet,
    ColourSimilarity,
    Jerk,
    SpringIndex,
    MotionHistograms,
    LocalIdentity,
    GlobalIdentity,
    ClipConsistency,
    WarpError,
)
