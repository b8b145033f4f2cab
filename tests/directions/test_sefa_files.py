"""Closed-form factors as others publish them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dynode import (
    LinearDirection,
    plugins,
)
from dynode.errors import DynodeError
from dynode.importing import import_directions
from dynode.testing import checks_for
from dynode_sefa import plugin


@pytest.fixture(autouse=True)
def registered() -> None:
    """The plugin that brings the format, and no other."""
    plugins.registry().register(plugin, "the test")


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def test_closed_form_factors_are_columns(tmp_path: Path) -> None:
    factors = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))[0]
    path = saved(tmp_path / "factor.pt", {"ckpt": "g.pt", "eigvec": factors})

    directions = import_directions(path)

    assert [d.info.name for d in directions][:2] == ["factor-0", "factor-1"]
    for index, direction in enumerate(directions):
        assert isinstance(direction, LinearDirection)
        assert torch.equal(direction.delta, factors[:, index])


def factor_vector(path: Path) -> Path:
    """holds factors of shape \\(8,\\)"""
    return saved(path / "x.pt", {"ckpt": "", "eigvec": torch.randn(8)})


@pytest.mark.parametrize(
    "make",
    [factor_vector],
    ids=lambda make: make.__name__,
)
def test_what_is_no_such_file_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path)
    assert make.__doc__ is not None

    with pytest.raises(DynodeError, match=make.__doc__.strip()) as raised:
        import_directions(path)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["sefa"])
def test_it_keeps_the_promises_of_a_format(name: str) -> None:
    for check in checks_for(plugins.registry().formats[name]):
        check()
