"""Latents: a batch of codes and the edits that ride on them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode import files
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset

ROWS, WIDTH = 4, 6
LAYER = "b4.conv1"


def codes(n: int, *, seed: int = 0) -> Tensor:
    return torch.randn(n, ROWS, WIDTH, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def basis() -> Tensor:
    return torch.randn(2, 3, 5, 3, 3, generator=torch.Generator().manual_seed(9))


def edited(n: int, basis: Tensor, *, seed: int = 0) -> Latents:
    """Latents with an edit in every space."""
    numbers = torch.arange(n, dtype=torch.float32)[:, None]
    return Latents(
        codes(n, seed=seed),
        {"b4.conv1": numbers + torch.ones(1, 5), "b8.torgb": -numbers * torch.ones(1, 3)},
        (WeightOffset(LAYER, basis, torch.cat([numbers, numbers + 0.5], 1)),),
    )


def assert_equal(first: Latents, second: Latents) -> None:
    assert torch.equal(first.w, second.w)
    assert list(first.styles) == list(second.styles)
    assert all(torch.equal(part, second.styles[name]) for name, part in first.styles.items())
    assert len(first.weights) == len(second.weights)
    for one, other in zip(first.weights, second.weights, strict=True):
        assert one.layer == other.layer
        assert torch.equal(one.basis, other.basis)
        assert torch.equal(one.coefficients, other.coefficients)


def dense(latents: Latents, layer: str = LAYER) -> Tensor:
    """The offset of one weight for every sample, (n, out, in, kh, kw): the definition."""
    total = torch.zeros(())
    for offset in latents.weights:
        if offset.layer == layer:
            total = total + torch.einsum("nk,koihw->noihw", offset.coefficients, offset.basis)
    return total


# Making


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Latents(torch.zeros(2, 3)), "w has shape (2, 3); expected (n, num_layers, w_dim)"),
        (
            lambda: Latents(codes(2), {"a": torch.zeros(3, 5)}),
            "styles['a'] has shape (3, 5); expected (2, channels)",
        ),
        (
            lambda: Latents(codes(2), {"a": torch.zeros(5)}),
            "styles['a'] has shape (5,); expected (2, channels)",
        ),
        (
            lambda: Latents(
                codes(2), {}, (WeightOffset("a", torch.zeros(1, 2, 2, 1, 1), torch.zeros(2, 3)),)
            ),
            "coefficients of a have shape (2, 3); expected (2, 1)",
        ),
    ],
    ids=["flat codes", "styles of another batch", "flat styles", "other coefficients"],
)
def test_shapes_that_do_not_fit_are_refused(make: Callable[[], Latents], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        make()

    assert str(caught.value) == message


def test_latents_cannot_be_changed(basis: Tensor) -> None:
    latents = edited(2, basis)

    with pytest.raises(AttributeError):
        latents.w = codes(2)  # type: ignore[misc]
    with pytest.raises(TypeError):
        latents.styles["new"] = torch.zeros(2, 3)  # type: ignore[index]


def test_a_dictionary_changed_later_changes_no_latents() -> None:
    styles = {"a": torch.ones(2, 3)}
    latents = Latents(codes(2), styles)

    styles["b"] = torch.ones(2, 3)

    assert list(latents.styles) == ["a"]


@pytest.mark.parametrize(
    "again",
    [copy.deepcopy, copy.copy, lambda latents: pickle.loads(pickle.dumps(latents))],
    ids=["deep copy", "copy", "pickle"],
)
def test_latents_can_be_copied(again: Callable[[Latents], Latents], basis: Tensor) -> None:
    latents = edited(2, basis)

    assert_equal(again(latents), latents)


# Taking some


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (0, [0]),
        (2, [2]),
        (-1, [3]),
        (np.int64(1), [1]),
        (torch.tensor(1), [1]),
        (slice(1, 3), [1, 2]),
        (slice(None, None, 2), [0, 2]),
        (slice(4, 4), []),
        ([3, 0, 0], [3, 0, 0]),
        ([-1, -4], [3, 0]),
        ([], []),
        ((1, 2), [1, 2]),
        (torch.tensor([2, 1]), [2, 1]),
        (np.array([2, 1]), [2, 1]),
        (range(2), [0, 1]),
        ([True, False, False, True], [0, 3]),
        (torch.tensor([False, True, False, False]), [1]),
        (torch.zeros(4, dtype=torch.bool), []),
    ],
    ids=str,
)
def test_an_index_takes_the_same_pictures_of_every_part(
    index: Any, expected: Sequence[int], basis: Tensor
) -> None:
    latents = edited(4, basis)

    taken = latents[index]

    picked = torch.tensor(expected, dtype=torch.long)
    assert len(taken) == len(expected)
    assert torch.equal(taken.w, latents.w[picked])
    assert torch.equal(taken.styles["b8.torgb"], latents.styles["b8.torgb"][picked])
    assert torch.equal(taken.weights[0].coefficients, latents.weights[0].coefficients[picked])
    assert taken.weights[0].basis is basis


@pytest.mark.parametrize("index", [4, -5, [4], torch.tensor([-5]), [True, False]], ids=str)
def test_an_index_out_of_range_is_refused(index: Any, basis: Tensor) -> None:
    with pytest.raises(IndexError):
        edited(4, basis)[index]


def test_going_through_latents_gives_batches_of_one(basis: Tensor) -> None:
    latents = edited(3, basis)

    assert_equal(Latents.cat(list(latents)), latents)


# Moving and joining edits


def test_style_offsets_add_up() -> None:
    latents = Latents(codes(2), {"a": torch.ones(2, 3)})

    summed = latents.add_styles({"a": torch.full((2, 3), 2.0), "b": torch.ones(2, 1)})

    assert torch.equal(summed.styles["a"], torch.full((2, 3), 3.0))
    assert torch.equal(summed.styles["b"], torch.ones(2, 1))
    assert torch.equal(latents.styles["a"], torch.ones(2, 3))
    assert list(latents.styles) == ["a"]


def test_offsets_of_one_basis_sum_their_coefficients(basis: Tensor) -> None:
    latents = edited(2, basis)
    more = WeightOffset(LAYER, basis, torch.tensor([[1.0, 2.0], [3.0, 4.0]]))

    summed = latents.add_weights(more)

    assert len(summed.weights) == 1
    assert torch.equal(
        summed.weights[0].coefficients, latents.weights[0].coefficients + more.coefficients
    )


@pytest.mark.parametrize(
    ("layer", "same_basis"),
    [(LAYER, False), ("b8.conv0", True)],
    ids=["another basis", "another layer"],
)
def test_other_offsets_stand_beside_each_other(layer: str, same_basis: bool, basis: Tensor) -> None:
    latents = edited(2, basis)
    more = WeightOffset(layer, basis if same_basis else basis.clone(), torch.ones(2, 2))

    assert len(latents.add_weights(more).weights) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda latents: latents.detach(),
        lambda latents: latents.to("cpu", torch.float32),
        lambda latents: latents[:],
        lambda latents: latents.scale_offsets(2.0),
        lambda latents: latents.with_w(latents.w),
    ],
    ids=["detach", "to", "index", "scale_offsets", "with_w"],
)
def test_a_basis_stays_shared_through(change: Callable[[Latents], Latents], basis: Tensor) -> None:
    changed = change(edited(2, basis))

    more = changed.add_weights(WeightOffset(LAYER, basis, torch.ones(2, 2)))

    assert len(more.weights) == 1


def test_to_moves_every_part(basis: Tensor) -> None:
    moved = edited(2, basis).to(dtype=torch.float64)

    parts = [moved.w, *moved.styles.values(), moved.weights[0].basis, moved.weights[0].coefficients]
    assert {part.dtype for part in parts} == {torch.float64}
    assert moved.dtype == torch.float64
    assert moved.device == torch.device("cpu")


def test_detach_cuts_every_part_off_its_graph(basis: Tensor) -> None:
    wanted = torch.ones((), requires_grad=True)
    latents = edited(2, basis * wanted).scale_offsets(wanted)
    latents = latents.with_w(latents.w * wanted)

    cut = latents.detach()

    parts = [cut.w, *cut.styles.values(), cut.weights[0].basis, cut.weights[0].coefficients]
    assert not any(part.requires_grad for part in parts)


def test_joining_takes_each_part_of_its_own_batch(basis: Tensor) -> None:
    first, second = edited(2, basis), edited(3, basis, seed=1)

    joined = Latents.cat([first, second])

    assert_equal(joined[:2], first)
    assert_equal(joined[2:], second)
    assert len(joined.weights) == 1


def test_an_edit_that_only_some_have_is_zero_in_the_others(basis: Tensor) -> None:
    plain = Latents(codes(2, seed=5))
    styled = Latents(codes(1, seed=6), {"a": torch.ones(1, 3)})
    moved = Latents(codes(1, seed=7), {}, (WeightOffset(LAYER, basis, torch.ones(1, 2)),))
    other = Latents(codes(1, seed=8), {}, (WeightOffset(LAYER, -basis, torch.ones(1, 2)),))

    joined = Latents.cat([plain, styled, moved, other])

    assert torch.equal(joined.w, torch.cat([plain.w, styled.w, moved.w, other.w]))
    assert torch.equal(joined.styles["a"], torch.tensor([0.0, 0, 1, 0, 0])[:, None].expand(5, 3))
    expected = torch.zeros(5, *basis.shape[1:])
    expected[3], expected[4] = basis.sum(0), -basis.sum(0)
    # Sums of two numbers in another order: one rounding of values up to 5.
    torch.testing.assert_close(dense(joined), expected, rtol=0, atol=1e-6)


def test_nothing_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="at least one batch"):
        Latents.cat([])


def test_gradients_reach_what_was_joined(basis: Tensor) -> None:
    first = Latents(codes(1).requires_grad_(), {"a": torch.ones(1, 3, requires_grad=True)})
    second = Latents(codes(1).requires_grad_())

    joined = Latents.cat([first, second])
    (joined.w.sum() + 2 * joined.styles["a"].sum()).backward()

    assert torch.equal(first.w.grad, torch.ones_like(first.w))
    assert torch.equal(second.w.grad, torch.ones_like(second.w))
    assert torch.equal(first.styles["a"].grad, torch.full((1, 3), 2.0))


# Between two latents


@pytest.mark.parametrize("amount", [0.0, 1.0])
def test_the_ends_of_the_way_are_exact(amount: float, basis: Tensor) -> None:
    start, goal = edited(2, basis), edited(2, basis.clone(), seed=1)

    reached = start.lerp(goal, amount)

    end = goal if amount else start
    assert torch.equal(reached.w, end.w)
    assert all(torch.equal(reached.styles[name], end.styles[name]) for name in end.styles)
    assert torch.equal(dense(reached), dense(end))


@pytest.mark.parametrize("amount", [0.25, torch.tensor(0.25), torch.tensor([0.25, 0.25])], ids=str)
def test_the_way_is_straight_in_every_space(amount: float | Tensor, basis: Tensor) -> None:
    start = edited(2, basis)
    goal = Latents(
        codes(2, seed=1),
        {"new": torch.ones(2, 2)},
        (WeightOffset(LAYER, -2 * basis, torch.ones(2, 2)),),
    )

    reached = start.lerp(goal, amount)

    # One or two roundings of numbers up to 10.
    torch.testing.assert_close(reached.w, 0.75 * start.w + 0.25 * goal.w, rtol=0, atol=1e-6)
    torch.testing.assert_close(reached.styles["new"], torch.full((2, 2), 0.25))
    torch.testing.assert_close(
        reached.styles["b4.conv1"], 0.75 * start.styles["b4.conv1"], rtol=0, atol=1e-6
    )
    torch.testing.assert_close(
        dense(reached), 0.75 * dense(start) + 0.25 * dense(goal), rtol=0, atol=1e-5
    )


def test_every_picture_goes_its_own_part_of_the_way(basis: Tensor) -> None:
    start, goal = edited(3, basis), edited(3, basis, seed=1)
    amounts = [0.0, 0.5, 1.0]

    together = start.lerp(goal, torch.tensor(amounts))

    for index, amount in enumerate(amounts):
        assert_equal(together[index], start[index].lerp(goal[index], amount))


def test_batches_of_other_sizes_have_no_way_between_them() -> None:
    with pytest.raises(ValueError, match="2 latents and 1"):
        Latents(codes(2)).lerp(Latents(codes(1)), 0.5)


def test_scaling_leaves_the_codes_alone(basis: Tensor) -> None:
    latents = edited(2, basis)

    scaled = latents.scale_offsets(torch.tensor([0.0, 3.0]))

    assert scaled.w is latents.w
    assert torch.equal(
        scaled.styles["b4.conv1"], latents.styles["b4.conv1"] * torch.tensor([[0.0], [3.0]])
    )
    assert torch.equal(
        scaled.weights[0].coefficients,
        latents.weights[0].coefficients * torch.tensor([[0.0], [3.0]]),
    )


# Files


def test_a_file_gives_back_what_was_saved(tmp_path: Path, basis: Tensor) -> None:
    latents = edited(2, basis)
    for index in range(10):  # more than nine offsets: their order is not that of their names
        latents = latents.add_weights(
            WeightOffset(f"b{index}", basis[:1] * index, torch.full((2, 1), float(index)))
        )
    path = tmp_path / "new folder" / "codes.safetensors"

    latents.save(path, fingerprint="abc")

    assert_equal(Latents.load(path, fingerprint="abc"), latents)
    assert [item.name for item in path.parent.iterdir()] == ["codes.safetensors"]


def test_codes_of_another_generator_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.safetensors"
    Latents(codes(1)).save(path, fingerprint="0123456789abcdef")

    with pytest.raises(GeneratorMismatchError) as caught:
        Latents.load(path, fingerprint="fedcba9876543210")

    assert str(caught.value) == (
        "the latents in codes.safetensors belong to generator 0123456789ab, this one is "
        "fedcba987654; load the generator they were made with"
    )


@pytest.mark.parametrize(
    ("theirs", "asked"), [("", "abc"), ("abc", "")], ids=["of nobody", "not asked"]
)
def test_without_a_fingerprint_nothing_is_checked(tmp_path: Path, theirs: str, asked: str) -> None:
    path = tmp_path / "codes.safetensors"
    Latents(codes(1)).save(path, fingerprint=theirs)

    assert len(Latents.load(path, fingerprint=asked)) == 1


def saved(path: Path, tensors: dict[str, Tensor], **changes: str) -> Path:
    files.save_tensors(tensors, path, {"format": "dynode.latents", "version": "1"} | changes)
    return path


@pytest.mark.parametrize(
    ("tensors", "changes", "message"),
    [
        ({"w": codes(1)}, {"format": "dynode.direction"}, "holds dynode.direction; expected lat"),
        ({"w": codes(1)}, {"version": "3"}, "of version '3'; this dynode reads versions up to 2"),
        ({"v": codes(1)}, {}, "holds dynode.latents; expected latents"),
        ({"w": codes(1)[0]}, {}, "cannot be read as latents"),
        ({"w": codes(2), "styles.a": torch.zeros(1, 3)}, {}, "cannot be read as latents"),
        (
            {"w": codes(1), "weights.0.a.basis": torch.zeros(1, 2, 2, 1, 1)},
            {},
            "cannot be read as latents",
        ),
        (
            {"w": codes(1), "weights.basis": torch.zeros(1, 2, 2, 1, 1)},
            {},
            "cannot be read as latents",
        ),
        ({"w": torch.full((1, 2, 3), torch.nan)}, {}, "not finite"),
    ],
    ids=[
        "a direction",
        "a later version",
        "no codes",
        "flat codes",
        "styles of another batch",
        "no coefficients",
        "no layer",
        "not a number",
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    tmp_path: Path, tensors: dict[str, Tensor], changes: dict[str, str], message: str
) -> None:
    path = saved(tmp_path / "codes.safetensors", tensors, **changes)

    with pytest.raises(CorruptCheckpointError) as caught:
        Latents.load(path)

    assert message in str(caught.value)
    assert str(caught.value).startswith("codes.safetensors")
    assert "\n" not in str(caught.value)


def test_a_style_layer_may_have_any_name(tmp_path: Path) -> None:
    latents = Latents(codes(1), {"odd.basis": torch.ones(1, 2)})

    latents.save(tmp_path / "codes.safetensors")

    assert_equal(Latents.load(tmp_path / "codes.safetensors"), latents)
