"""Codes of facets pictures and clips with the defaults a user gets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from dynode.crop import FaceFrame, paste_face
from dynode.errors import MediaError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import to_uint8
from dynode.pipeline.choosing import ready_inverter
from dynode.pipeline.settling import settled
from dynode.plugins.methods import silent
from dynode_facets.bundled import load_generator
from dynode_facets.clips import Motion, trajectory
from dynode_facets.encoder import load_encoder
from dynode_facets.evaluation import held_out
from dynode_facets.factors import FACTOR_NAMES, population
from dynode_facets.plugin import FacetsInverter
from dynode_facets.render import render
from dynode_worlds.inversion import evened, psnr
from dynode_worlds.inverter import EncoderOptions
from dynode_worlds.motion import regular_times

ASKED_DB = 39.0
BATCH = 4


@pytest.fixture(scope="module")
def generator() -> Generator:
    return load_generator("cpu")


def rendered(motion: Motion, *, seed: int, frames: int) -> Tensor:
    """Render a clip, rounded to 8 bits."""
    drawn = torch.randn(
        1, len(FACTOR_NAMES), generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    factors = trajectory(motion, 0.6 * population(drawn)[0], regular_times(frames / 25, 25), seed=0)
    return (render(factors.float(), 128) + 1).mul(127.5).round().clamp(0, 255) / 127.5 - 1


def inverted(generator: Generator, frames: Tensor, options: EncoderOptions) -> Latents:
    """Invert a clip as it is read: a few frames at a time."""
    found = list[Latents]()
    before = None
    for part in frames.split(BATCH):
        codes = FacetsInverter().invert_next(
            generator, part, options, before=before, seed=0, progress=silent
        )
        before = (part[-1:], codes[-1])
        found.append(codes)
    return FacetsInverter().even_out(Latents.cat(found), options)


def quality(generator: Generator, codes: Latents, images: Tensor) -> Tensor:
    with torch.no_grad():
        return psnr(generator.synthesize(codes), images)


@pytest.mark.parametrize(
    "motion",
    ["talking", *(pytest.param(name, marks=pytest.mark.slow) for name in ("turning", "blinking"))],
)
def test_frames_are_drawn_again_as_well_as_asked_by_default(
    generator: Generator, motion: Motion
) -> None:
    frames = rendered(motion, seed=1, frames=8)

    codes = inverted(generator, frames, EncoderOptions())

    assert float(quality(generator, codes, frames).mean()) >= ASKED_DB


def test_pictures_are_drawn_again_as_well_as_asked_by_default(generator: Generator) -> None:
    images, _ = held_out(24, seed=5)  # 8 may be hard ones: their mean lies 0.6 dB off

    codes = FacetsInverter().invert(generator, images, EncoderOptions(), seed=0, progress=silent)

    assert float(quality(generator, codes, images).mean()) >= ASKED_DB


@pytest.mark.parametrize(
    "frames_each",
    [6, pytest.param(4, marks=pytest.mark.slow)],
    ids=["inside a batch", "between batches"],
)
def test_a_cut_between_faces_costs_neither_of_them(generator: Generator, frames_each: int) -> None:
    parts = [rendered("talking", seed=seed, frames=frames_each) for seed in (1, 9)]
    frames = torch.cat([parts[0], parts[1]])

    reached = quality(generator, inverted(generator, frames, EncoderOptions()), frames)

    assert float(reached.min()) >= 36.0  # the encoder alone leaves 30 to 34
    assert float(reached.mean()) >= ASKED_DB - 1


@pytest.mark.slow
def test_codes_move_more_evenly_than_frames_refined_by_themselves(generator: Generator) -> None:
    frames = rendered("talking", seed=1, frames=8)

    shared = inverted(generator, frames, EncoderOptions())
    alone = inverted(generator, frames, EncoderOptions(each_frame=True))

    def unevenness(codes: Latents) -> float:
        return float((codes.w[2:] - 2 * codes.w[1:-1] + codes.w[:-2]).square().mean())

    assert unevenness(shared) < unevenness(alone)


@pytest.mark.robust(kind="L", member="what the encoder reads trembles")
def test_evening_out_takes_two_thirds_of_the_noise() -> None:
    one = torch.zeros(9, 1)
    one[4] = 1

    weights = evened(torch.cat([torch.arange(9.0)[:, None], one], 1))[:, 1]

    # The published weights of a parabola over 7 points; their squares add up to 1/3.
    wanted = torch.tensor([-2.0, 3, 6, 7, 6, 3, -2]) / 21
    torch.testing.assert_close(weights[3:6], wanted[2:5], rtol=0, atol=1e-6)
    assert float(wanted.square().sum()) == pytest.approx(1 / 3, abs=1e-6)


@pytest.mark.parametrize("count", [4, 5, 7, 9, 20])
def test_evening_out_is_that_of_scipy(count: int) -> None:
    signal = pytest.importorskip("scipy.signal")
    codes = torch.randn(count, 3, 5, generator=torch.Generator().manual_seed(count)).cumsum(0)
    window = min(7, count - 1 + count % 2)

    found = evened(codes)

    wanted = signal.savgol_filter(codes.numpy(), window, 2, axis=0) if window > 3 else codes.numpy()
    assert np.abs(found.numpy() - wanted).max() < 1e-5  # float32


def test_evening_out_stops_at_a_cut_and_keeps_parabolas() -> None:
    times = torch.arange(9.0)[:, None]
    first = times**2 * torch.tensor([0.1, -0.3]) + times
    both = torch.cat([first, 500 + first])

    torch.testing.assert_close(evened(both), both, rtol=1e-5, atol=1e-4)  # float32


def test_without_steps_the_encoder_is_all(generator: Generator) -> None:
    frames = rendered("talking", seed=1, frames=8)

    codes = inverted(generator, frames, EncoderOptions(steps=0))

    with torch.no_grad():
        read = torch.cat([load_encoder()(part) for part in frames.split(BATCH)])
    # The correction of a frame is what its code has beyond the encoder's: 0 up to rounding.
    torch.testing.assert_close(codes.w, evened(read), rtol=0, atol=1e-4)


def test_a_strange_frame_is_refused_wherever_it_stands(generator: Generator) -> None:
    frames = rendered("talking", seed=1, frames=8)
    frames[5] = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1

    with pytest.raises(MediaError, match="not a portrait of this generator's world"):
        inverted(generator, frames, EncoderOptions())


@pytest.mark.slow
@pytest.mark.installed_plugins
def test_the_square_of_a_face_is_moved_to_where_it_is_read_best(generator: Generator) -> None:
    """A portrait in a larger picture, its square off by up to 0.08 of the side; 0.03 is what is left."""
    with torch.inference_mode():
        (pixels,) = to_uint8(generator.synthesize(generator.sample(1, seed=3, truncation=0.7)))
    true = FaceFrame((200.0, 160.0), (96.0, 26.0))
    grey = Image.new("RGB", (400, 320), (90, 120, 100))
    photo = paste_face(grey, Image.fromarray(pixels.numpy()), true, feather=0.04)
    found = true.moved(0.05, -0.08, 0.1, 0.07)

    (moved,) = settled(photo, [found], 0, generator, ready_inverter(generator))

    off = [np.abs(each.corners - true.corners).max() / true.side for each in (found, moved)]
    assert off[0] > 0.08
    assert off[1] < 0.03
