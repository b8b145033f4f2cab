"""The mapper network against its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode.direction.networks import RowMapper

WIDTH = 5


def mapper(groups: list[tuple[int, int]], **options: bool | int) -> RowMapper:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = RowMapper(groups, WIDTH, **options)  # type: ignore[arg-type]
        for name, parameter in made.named_parameters():
            if name.endswith("bias"):  # they start at zero, where nothing could be seen of them
                torch.nn.init.normal_(parameter, std=30.0)
    return made.double().requires_grad_(False)


def codes(n: int, rows: int) -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.randn(n, rows, WIDTH, generator=random, dtype=torch.float64)


def by_hand(made: RowMapper, w: Tensor, *, over_rows: bool) -> np.ndarray:
    """The published network, one code and one row at a time."""
    offset = np.zeros(w.shape)
    for sample, rows in enumerate(w.numpy()):
        for (first, end), stack in zip(made.groups, made.stacks, strict=True):
            x = rows[first:end]
            x = x / np.sqrt((x**2).mean(0 if over_rows else 1, keepdims=True) + 1e-8)
            for row in range(end - first):
                y = x[row]
                for layer in stack:  # type: ignore[attr-defined]
                    weight = layer.weight.numpy() * 0.01 / np.sqrt(WIDTH)
                    y = weight @ y + 0.01 * layer.bias.numpy()
                    y = np.where(y > 0, y, 0.2 * y) * np.sqrt(2)
                offset[sample, first + row] = y
    return offset


@pytest.mark.parametrize("over_rows", [True, False], ids=["norm over rows", "norm over features"])
@pytest.mark.parametrize(
    "groups", [[(0, 6)], [(0, 2), (2, 6)], [(1, 3)], [(4, 5), (0, 1)]], ids=str
)
def test_the_network_equals_its_formula(groups: list[tuple[int, int]], over_rows: bool) -> None:
    made = mapper(groups, normalize_rows=over_rows)
    w = codes(3, 6)

    offset = made(w)

    # float64 and four small layers: some tens of roundings.
    np.testing.assert_allclose(
        offset.numpy(), by_hand(made, w, over_rows=over_rows), rtol=1e-12, atol=1e-12
    )


def test_rows_of_no_group_get_no_offset() -> None:
    offset = mapper([(1, 3)])(codes(2, 6))

    untouched = [0, 3, 4, 5]
    assert not offset[:, untouched].any()
    assert offset[:, 1:3].all()


def test_without_groups_nothing_moves() -> None:
    assert not mapper([])(codes(2, 6)).any()


def test_the_number_of_layers_is_free() -> None:
    made = mapper([(0, 2)], depth=2)
    w = codes(1, 2)

    np.testing.assert_allclose(made(w).numpy(), by_hand(made, w, over_rows=True), rtol=1e-12)


def test_the_codes_are_not_modified() -> None:
    w = codes(2, 6)
    before = w.clone()

    mapper([(0, 6)])(w)

    assert torch.equal(w, before)


def test_gradients_reach_weights_and_codes() -> None:
    made = mapper([(0, 2), (2, 4)]).requires_grad_(True)
    w = codes(2, 4).requires_grad_()

    made(w).square().sum().backward()

    assert w.grad is not None and bool(w.grad.any())
    assert all(p.grad is not None and bool(p.grad.any()) for p in made.parameters())
