"""Figures of pairs and of clips with known answers: equal ones, known shifts, known curves."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

import dynode
from dynode import Setting
from dynode.errors import MediaError, OptionError
from dynode.options import build_options
from dynode.plugins import Registry
from dynode_metrics import clips, picture_pairs
from dynode_metrics.colours import colour_histograms
from dynode_metrics.tracks import ConsistencyMeasurement, JerkMeasurement, spring_index
from dynode_metrics.warping import warp_error

RANDOM = torch.Generator().manual_seed(0)
TEXTURE = torch.rand(3, 64, 64, generator=RANDOM) * 2 - 1


def figures(metric: Any, a: Tensor, b: Tensor | None = None, **options: Any) -> dict[str, float]:
    built = build_options(metric.options, options, owner=metric.name)
    running = metric.start(built, Setting())
    running.update(running.features(a), None if b is None else running.features(b))
    return dict(running.compute())


def shifted(px: int, frames: int = 6) -> Tensor:
    """A texture that moves right by px each frame: (1, T, 3, h, w)."""
    return torch.stack([TEXTURE.roll(px * index, 2) for index in range(frames)])[None]


# Pairs


def test_psnr_of_a_known_error() -> None:
    a = torch.zeros(2, 3, 16, 16)

    found = figures(picture_pairs.Psnr(), a + 0.2, a)["psnr"]

    assert found == pytest.approx(20.0)  # 0.1 of the range: 10 log10(1 / 0.01)
    assert figures(picture_pairs.Psnr(), a, a) == {"psnr": 100.0}


@pytest.mark.parametrize(
    "metric", [picture_pairs.Ssim(), picture_pairs.MsSsim()], ids=["ssim", "ms-ssim"]
)
def test_equal_pictures_are_alike(metric: Any) -> None:
    pytest.importorskip("piq")
    options = {"scales": 2} if metric.name == "ms-ssim" else {}
    images = torch.stack([TEXTURE, TEXTURE.flip(1)])

    (same,) = figures(metric, images, images, **options).values()
    (worse,) = figures(metric, images * 0.5, images, **options).values()

    assert same == pytest.approx(1.0, abs=1e-6)
    assert worse < 0.95


def test_ssim_equals_that_of_scikit_image() -> None:
    pytest.importorskip("piq")
    metrics = pytest.importorskip("skimage.metrics")
    a, b = TEXTURE, (TEXTURE + 0.4 * TEXTURE.flip(2)).clamp(-1, 1)

    found = figures(picture_pairs.Ssim(), a[None], b[None])["ssim"]

    theirs = [
        metrics.structural_similarity(
            ((p + 1) / 2).numpy(),
            ((q + 1) / 2).numpy(),
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for p, q in zip(a.double(), b.double(), strict=True)
    ]
    # scikit-image keeps the border, piq leaves it out: 10 of 64 pixels.
    assert found == pytest.approx(sum(theirs) / 3, abs=0.02)


def test_ms_ssim_of_small_pictures_says_what_it_needs() -> None:
    with pytest.raises(OptionError, match="needs pictures of 161 pixels, these have 64"):
        figures(picture_pairs.MsSsim(), TEXTURE[None], TEXTURE[None])


def test_a_picture_has_the_identity_of_itself_alone() -> None:
    a, b = TEXTURE[None], TEXTURE.flip(0)[None]

    same = figures(picture_pairs.Identity(), a, a, detector="pixels")["identity"]
    other = figures(picture_pairs.Identity(), a, b, detector="pixels")["identity"]

    assert same == pytest.approx(1.0, abs=1e-6)
    assert other < 0.9


def test_options_that_would_be_left_out_are_refused(tmp_path: Any) -> None:
    with pytest.raises(OptionError, match="pixels takes no --weights"):
        figures(picture_pairs.Identity(), TEXTURE[None], detector="pixels", weights=tmp_path / "x")
    with pytest.raises(OptionError, match="--scorer belongs to --detector scorer"):
        figures(picture_pairs.Identity(), TEXTURE[None], detector="pixels", scorer="facets-scorer")


# Tracks


def tracked(curve: Tensor) -> dict[str, float]:
    measuring = JerkMeasurement(lambda images: images, {}, "")
    measuring.update(curve[None], None)
    return dict(measuring.compute())


def test_the_jerk_of_a_parabola_is_zero_and_its_acceleration_known() -> None:
    time = torch.arange(12.0)

    found = tracked((0.5 * time**2 - 3 * time + 1)[:, None])

    assert found["jerk"] == pytest.approx(0.0, abs=1e-9)
    assert found["acceleration"] == pytest.approx(1.0)


def test_the_jerk_of_a_cubic_is_six_times_its_coefficient() -> None:
    time = torch.arange(12.0)

    assert tracked((0.25 * time**3)[:, None])["jerk"] == pytest.approx(1.5)


def test_the_spring_index_of_a_line_a_walk_noise_and_a_spring() -> None:
    random = torch.Generator().manual_seed(1)
    line = torch.arange(60.0)[:, None] * torch.ones(4)
    walk = torch.randn(600, 64, generator=random).cumsum(0)
    noise = torch.randn(600, 64, generator=random)
    spring = torch.tensor([0.0, 1.0] * 30)[:, None]

    assert float(spring_index(line)) == pytest.approx(-1.0)
    assert float(spring_index(spring)) == pytest.approx(1.0)
    # 64 coordinates of 600 steps: the largest of 200 lags strays by a few hundredths.
    assert float(spring_index(walk)) == pytest.approx(0.0, abs=0.25)
    assert float(spring_index(noise)) == pytest.approx(0.5, abs=0.05)
    assert float(spring_index(torch.ones(20, 3))) == 0.0


def test_clips_are_too_short_for_a_third_difference() -> None:
    with pytest.raises(OptionError, match="a clip has 3 frames, jerk needs 4"):
        figures(clips.Jerk(), shifted(1, frames=3), follow="colours")


def test_equal_motion_has_no_distance_and_faster_motion_has_a_known_one() -> None:
    measuring = build_motion(slow=0.1, fast=0.1)
    assert measuring == {"velocity": 0.0, "acceleration": 0.0}

    found = build_motion(slow=0.1, fast=0.4)

    assert found["velocity"] == pytest.approx(0.3, abs=0.011)  # one bin of 200 over [-1, 1]
    assert found["acceleration"] == pytest.approx(0.0, abs=0.011)


def build_motion(*, slow: float, fast: float) -> dict[str, float]:
    from dynode_metrics.tracks import MotionMeasurement

    time = torch.arange(10.0)[None, :, None]
    measuring = MotionMeasurement(lambda images: images, {}, "")
    measuring.update(slow * time, None)
    measuring.update(None, fast * time)
    return dict(measuring.compute())


@pytest.mark.parametrize("reach", ["adjacent", "all"])
def test_identity_over_time_of_a_still_is_one(reach: Any) -> None:
    still = TEXTURE.flatten()[None].expand(5, -1)[None]
    measuring = ConsistencyMeasurement(lambda images: images, {}, "", name="x", reach=reach)

    measuring.update(still, still)

    assert measuring.compute()["x"] == pytest.approx(1.0)


def test_identity_over_time_of_known_angles() -> None:
    """The original turns by 10° a frame, the edit by 60°."""

    def turning(degrees: float) -> Tensor:
        angles = torch.arange(4.0) * math.radians(degrees)
        return torch.stack([angles.cos(), angles.sin()], dim=1)[None]

    def measured(reach: Any) -> float:
        measuring = ConsistencyMeasurement(lambda images: images, {}, "", name="x", reach=reach)
        measuring.update(turning(60), turning(10))
        return measuring.compute()["x"]

    def cosine(degrees: float) -> float:
        return math.cos(math.radians(degrees))

    everywhere = [3 * cosine(step) + 2 * cosine(2 * step) + cosine(3 * step) for step in (60, 10)]
    assert measured("adjacent") == pytest.approx(cosine(60) / cosine(10), rel=1e-6)
    assert measured("all") == pytest.approx(everywhere[0] / everywhere[1], rel=1e-5)


def test_landmarks_of_a_clip_without_faces_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody(dynode.FaceDetector):
        name = "nobody"
        summary = "finds nobody"

        def load(self, model: Any = None) -> Any:
            return lambda pixels: []

    registry = Registry()
    registry.face_detectors.add(Nobody(), "here")
    monkeypatch.setattr("dynode_metrics.following.registry", lambda: registry)

    with pytest.raises(MediaError, match="no face was found in a frame"):
        figures(clips.Jerk(), shifted(1), follow="landmarks", face_detector="nobody")


class Hills(dynode.GeneratorProvider):
    name, summary, domain, draws_faces = "hills", "no faces", "hills", False

    def load(self, device: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("metric", "options"),
    [
        (picture_pairs.Identity(), {"detector": "arcface"}),
        (clips.LocalIdentity(), {"detector": "arcface"}),
        (clips.GlobalIdentity(), {"detector": "arcface"}),
        (clips.Jerk(), {"follow": "landmarks", "face_detector": "nobody"}),
        (clips.SpringIndex(), {"follow": "landmarks", "face_detector": "nobody"}),
        (clips.MotionHistograms(), {"follow": "landmarks", "face_detector": "nobody"}),
    ],
    ids=lambda value: value.name if isinstance(value, dynode.Metric) else "",
)
def test_what_needs_faces_is_refused_where_a_domain_shows_none(
    metric: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry()
    registry.generators.add(Hills(), "here")
    for module in ("detectors", "following"):
        monkeypatch.setattr(f"dynode_metrics.{module}.registry", lambda: registry)
    built = build_options(metric.options, options, owner=metric.name)

    with pytest.raises(OptionError, match=f"{metric.name} needs faces here, .* of hills") as told:
        metric.start(built, Setting(domain="hills"))

    assert "\n" not in str(told.value)


# Colours and motion of pixels


def test_a_clip_keeps_its_colours_wherever_its_pixels_go() -> None:
    found = figures(clips.ColourSimilarity(), shifted(5))

    assert found == {
        "colour-similarity": pytest.approx(1.0, abs=1e-6),
        "colour-adjacent": pytest.approx(1.0, abs=1e-6),
    }


def test_half_of_the_pixels_in_another_colour_is_half_of_the_area() -> None:
    frames = torch.full((1, 2, 3, 16, 16), -0.9)
    frames[:, 1, :, :8] = 0.9

    assert figures(clips.ColourSimilarity(), frames)["colour-similarity"] == pytest.approx(0.5)
    assert colour_histograms(frames[0]).sum(1).tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("px", [0, 1, 3])
def test_a_clip_shifted_by_known_pixels_has_no_warp_error(px: int) -> None:
    clip = shifted(px)[0]

    error, share = warp_error(clip, clip, reach_px=3)

    assert error == pytest.approx(0.0, abs=1e-12)
    assert share == 1.0


def test_flicker_of_an_edit_is_its_warp_error() -> None:
    """Every other frame is 0.2 lighter, 0.1 of the range: an error of 0.01."""
    original = shifted(2)[0] * 0.5
    edited = original + 0.2 * (torch.arange(6) % 2)[:, None, None, None]

    error, _ = warp_error(edited, original, reach_px=3)

    assert error == pytest.approx(0.01, rel=1e-4)


def test_frames_smaller_than_the_reach_are_told() -> None:
    with pytest.raises(OptionError, match="needs frames of 22 pixels"):
        warp_error(torch.zeros(2, 3, 16, 16), torch.zeros(2, 3, 16, 16))
