"""Augmentations: one draw for a clip, differentiable twice, and strength that has a ceiling."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from dynode_adversarial import Batch
from dynode_adversarial.augmenting import (
    Augmentation,
    Strength,
    _hue_turned,
    _luma_flipped,
    _saturated,
)
from dynode_adversarial.warping import warp


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int, size: int = 8) -> Tensor:
    return torch.rand(n, 3, size, size, generator=random(), dtype=torch.float64) * 2 - 1


def matrix(rows: list[list[float]]) -> Tensor:
    return torch.tensor([rows], dtype=torch.float64)


@pytest.mark.parametrize(
    ("rows", "moved"),
    [
        ([[1, 0, 0], [0, 1, 0]], lambda x: x),
        ([[-1, 0, 0], [0, 1, 0]], lambda x: x.flip(3)),
        ([[0, -1, 0], [1, 0, 0]], lambda x: torch.rot90(x, 1, (2, 3))),
        ([[1, 0, 0.25], [0, 1, 0]], lambda x: torch.cat([x[..., 1:], x[..., -1:]], 3)),
    ],
    ids=["nothing", "mirror", "quarter turn", "one pixel"],
)
def test_whole_moves_move_pixels_whole(rows: list[list[float]], moved: object) -> None:
    images = pictures(1)

    warped = warp(images, matrix(rows))

    # float64 rounding of the cubic weights, which are 0 and 1 at whole places
    assert torch.allclose(warped, moved(images), atol=1e-12)  # type: ignore[operator]


def test_warping_is_differentiable_twice() -> None:
    images = pictures(1, size=4).requires_grad_()
    move = matrix([[0.9, 0.2, 0.1], [-0.1, 1.1, 0.05]])

    # Squared, so that the second derivative is not 0.
    assert torch.autograd.gradcheck(lambda x: warp(x, move).square(), images)
    assert torch.autograd.gradgradcheck(lambda x: warp(x, move).square(), images)


def test_the_frames_of_a_clip_are_augmented_alike() -> None:
    one = pictures(2).float()
    batch = Batch(one.repeat_interleave(3, 0), frames=3)

    made = Augmentation("bgc")(batch, 1.0, random(), 2, [0, 1]).images.unflatten(0, (2, 3))

    assert torch.equal(made[:, 0], made[:, 1]) and torch.equal(made[:, 1], made[:, 2])
    assert not torch.allclose(made[:, 0], one)


def test_a_share_of_a_batch_is_augmented_as_in_the_whole() -> None:
    images = pictures(4).float()
    augment = Augmentation("easy")

    whole = augment(Batch(images), 0.7, random(), 4, range(4)).images
    share = augment(Batch(images[1::2]), 0.7, random(), 4, [1, 3]).images

    assert torch.allclose(share, whole[1::2], atol=1e-5)  # batched products of float32


def test_without_probability_nothing_changes() -> None:
    batch = Batch(pictures(2).float())

    assert Augmentation("bgc")(batch, 0.0, random(), 2, [0, 1]) is batch


def test_a_set_without_mirroring_keeps_the_orientation() -> None:
    chance_free = [
        Augmentation(name, mirrors=False)._geometry(_always(64)) for name in ("easy", "bgc")
    ]

    assert all(bool((maps[:, :2, :2].det() > 0).all()) for maps in chance_free)
    assert bool((Augmentation("bgc")._geometry(_always(64))[:, :2, :2].det() < 0).any())


def _always(count: int):  # type: ignore[no-untyped-def]
    from dynode_adversarial.augmenting import _Chance

    return _Chance(random(), count, 1.0)


GREY, RED = torch.tensor([0.3, 0.3, 0.3]), torch.tensor([1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("made", "colour", "expected"),
    [
        (_hue_turned(torch.tensor([2 * math.pi / 3])), RED, [0, 1, 0]),
        (_hue_turned(torch.tensor([1.0])), GREY, [0.3, 0.3, 0.3]),
        (_saturated(torch.tensor([0.0])), RED, [1 / 3, 1 / 3, 1 / 3]),
        (_saturated(torch.tensor([7.0])), GREY, [0.3, 0.3, 0.3]),
        (_luma_flipped(torch.tensor([1.0])), GREY, [-0.3, -0.3, -0.3]),
        (_luma_flipped(torch.tensor([1.0])), RED, [1 / 3, -2 / 3, -2 / 3]),
    ],
    ids=["hue", "hue of grey", "no saturation", "saturated grey", "luma", "luma of red"],
)
def test_colours_are_what_they_should_be(
    made: Tensor, colour: Tensor, expected: list[float]
) -> None:
    # float32 rounding of a few products
    assert torch.allclose(
        made[0, :3, :3] @ colour, torch.tensor(expected, dtype=torch.float32), atol=1e-6
    )


def test_strength_follows_the_signs_up_to_its_ceiling() -> None:
    strength = Strength("ada", 0.0, 0.6, 0.05, 1000)

    values = []
    for sign in (1.0, 1.0, 1.0, 0.2):
        strength.observe(sign, 20)
        strength.adapt()
        values.append(strength.value)

    assert values == pytest.approx([0.02, 0.04, 0.05, 0.03])


def test_strength_goes_on_where_it_was() -> None:
    first, second = (Strength("ada", 0.0, 0.6, 0.8, 100) for _ in range(2))
    first.observe(1.0, 7)

    second.load_state_dict(first.state_dict())
    second.adapt()

    assert second.value == pytest.approx(0.07)


@pytest.mark.parametrize(("kind", "value"), [("none", 0.0), ("fixed", 0.3)])
def test_strength_that_is_fixed_stays(kind: str, value: float) -> None:
    strength = Strength(kind, 0.3, 0.6, 0.8, 10)
    strength.observe(1.0, 100)
    strength.adapt()

    assert strength.value == value
