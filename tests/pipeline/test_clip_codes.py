"""Inverting the frames of a clip, interrupted or not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dynode.errors import MediaError, UnknownNameError
from dynode.media.clip import open_clip
from dynode.pipeline.clip_codes import invert_clip
from dynode.testing.videos import write_test_video


@pytest.fixture
def clip(tmp_path):
    return open_clip(write_test_video(tmp_path / "clip.mp4", frames=20))


def test_every_frame_gets_its_own_code_in_order(clip, inverter, generator) -> None:
    codes = invert_clip(clip, generator)

    moved = (codes.w - generator.mean_w)[:, -1, -1]  # the level of the frame, growing
    assert len(codes) == 20
    assert bool((moved.diff() > 0).all())


def test_frames_are_given_with_the_one_before_them_and_its_code(
    clip, inverter, generator, monkeypatch
) -> None:
    given = []

    def invert_next(generator, images, options, *, before, seed, progress):
        given.append((images, before))
        return inverter.invert(generator, images, options, seed=seed, progress=progress)

    monkeypatch.setattr(inverter, "invert_next", invert_next)
    codes = invert_clip(clip, generator)

    assert given[0][1] is None
    assert torch.equal(given[1][1][0], given[0][0][-1:])
    assert torch.equal(given[2][1][1].w, codes.w[15:16])


def test_codes_are_evened_out_over_the_whole_clip_also_from_the_cache(
    clip, inverter, generator, monkeypatch
) -> None:
    given = []

    def even_out(latents, options):
        given.append(len(latents))
        return latents.with_w(latents.w.flip(0))

    plain = invert_clip(clip, generator)
    monkeypatch.setattr(inverter, "even_out", even_out)
    inverter.frames = 0

    evened = invert_clip(clip, generator)

    assert given == [20] and inverter.frames == 0
    assert torch.equal(evened.w, plain.w.flip(0))


def test_a_second_inversion_comes_from_the_cache(clip, inverter, generator) -> None:
    first = invert_clip(clip, generator)
    inverter.frames = 0

    second = invert_clip(clip, generator)

    assert inverter.frames == 0
    assert torch.equal(first.w, second.w)


def test_the_cache_goes_by_content_and_not_by_name(clip, inverter, generator, tmp_path) -> None:
    invert_clip(clip, generator)
    renamed = tmp_path / "other.mp4"
    renamed.write_bytes(clip.path.read_bytes())
    inverter.frames = 0

    invert_clip(open_clip(renamed), generator)

    assert inverter.frames == 0


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"options": {"gain": "2"}}], ids=["seed", "option"]
)
def test_another_inversion_is_not_taken_from_the_cache(clip, inverter, generator, change) -> None:
    invert_clip(clip, generator)
    inverter.frames = 0

    invert_clip(clip, generator, **change)

    assert inverter.frames == 20


def test_an_interrupted_inversion_goes_on_where_it_stopped(clip, inverter, generator) -> None:
    inverter.fails_after = 10
    with pytest.raises(RuntimeError, match="killed"):
        invert_clip(clip, generator)
    inverter.fails_after, inverter.frames = None, 0

    resumed = invert_clip(clip, generator)

    assert inverter.frames == 12  # the first batch of 8 was kept
    inverter.frames = 0
    again = invert_clip(clip, generator, seed=1)  # nothing of it cached
    assert torch.equal(resumed.w, again.w)


def test_a_frame_without_a_face_is_told(inverter, generator, tmp_path) -> None:
    black = [np.zeros((64, 64, 3), np.uint8)] * 3
    path = write_test_video(tmp_path / "black.mp4", frames=3, pictures=black)

    with pytest.raises(MediaError, match="no face"):
        invert_clip(open_clip(path), generator)


def test_an_unknown_option_of_the_inverter_is_refused(clip, inverter, generator) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'gain'"):
        invert_clip(clip, generator, options={"gian": "2"})
