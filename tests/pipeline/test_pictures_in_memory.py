"""Pictures of PIL, arrays and tensors are taken wherever files are, and mean what the file means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import MediaError, UsageError
from dynode.media.given import as_tensor

LEVELS = np.random.RandomState(0).randint(0, 256, (32, 32, 3)).astype(np.uint8)
FLOATS = torch.from_numpy(LEVELS).permute(2, 0, 1)[None].float() / 127.5 - 1


def as_file(folder: Path) -> Path:
    Image.fromarray(LEVELS).save(folder / "photo.png")
    return folder / "photo.png"


GIVEN = {
    "pil": Image.fromarray(LEVELS),
    "array": LEVELS,
    "several": LEVELS[None],
    "channels first": LEVELS.transpose(2, 0, 1),
    "upside down": LEVELS[::-1][::-1],
    "tensor": torch.from_numpy(LEVELS),
    "floats": FLOATS,
    "one": FLOATS[0],
    "float array": FLOATS[0].permute(1, 2, 0).numpy(),
    "opaque": np.concatenate([LEVELS, np.full((32, 32, 1), 255, np.uint8)], 2),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_a_picture_in_memory_means_what_its_file_means(
    given: Any, tmp_path: Path, inverter: Any, generator: Any
) -> None:
    up = dynode.LinearDirection(torch.ones(64))
    of_file = dynode.edit(as_file(tmp_path), directions=[up], generator=generator)

    edited = dynode.edit(given, directions=[up], generator=generator)
    found = dynode.invert(given, generator)
    moving = dynode.animate(given, up, generator=generator, frames=2)

    # An 8-bit level is a multiple of 1/127.5 minus 1, rounded once in float32.
    torch.testing.assert_close(edited.original.w, of_file.original.w, rtol=0, atol=1e-6)
    torch.testing.assert_close(found.latents.w, of_file.original.w, rtol=0, atol=1e-6)
    torch.testing.assert_close(moving.latents.w, of_file.original.w, rtol=0, atol=1e-6)


def test_several_pictures_are_edited_at_once(inverter: Any, generator: Any) -> None:
    up = dynode.LinearDirection(torch.ones(64))

    edited = dynode.edit(np.stack([LEVELS, 255 - LEVELS]), directions=up, generator=generator)

    assert edited.before.shape[0] == 2
    assert not torch.equal(edited.original.w[0], edited.original.w[1])


def test_transparency_is_laid_on_white() -> None:
    clear = np.concatenate([LEVELS, np.zeros((32, 32, 1), np.uint8)], 2)

    assert torch.equal(as_tensor(clear), torch.ones(1, 3, 32, 32))


def test_a_picture_of_another_size_is_a_photograph(inverter: Any, generator: Any) -> None:
    wide = np.repeat(np.repeat(LEVELS, 2, 0), 4, 1)[:, 32:96]

    found = dynode.invert(wide, generator)

    assert len(found.latents) == 1


def test_a_picture_of_pil_is_inverted_once(inverter: Any, generator: Any) -> None:
    picture = Image.fromarray(LEVELS)

    dynode.invert(picture, generator)
    dynode.invert(picture, generator)

    assert inverter.frames == 1


def test_grey_has_three_equal_channels() -> None:
    grey = as_tensor(LEVELS[..., 0])

    assert torch.equal(grey[:, 0], grey[:, 2])


def test_numbers_from_zero_to_one_are_taken_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"taken as \[-1, 1\]"):
        as_tensor(FLOATS / 2 + 0.5)


@pytest.mark.parametrize(
    "given",
    [np.zeros((3, 3)), np.zeros((5, 6, 7)), np.zeros((0, 8, 8, 3)), LEVELS.astype(np.int64)],
    ids=["small", "channels", "none", "integers"],
)
def test_what_is_no_picture_is_refused(given: np.ndarray) -> None:
    with pytest.raises(UsageError, match="expected"):
        as_tensor(given)


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(UsageError, match="not finite"):
        as_tensor(FLOATS * float("nan"))


def test_a_tiny_picture_of_pil_is_refused_as_its_file_is(inverter: Any, generator: Any) -> None:
    with pytest.raises(MediaError, match="at least 16"):
        dynode.invert(Image.new("RGB", (4, 4)), generator)
