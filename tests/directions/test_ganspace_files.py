"""Principal components as others publish them."""

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
from dynode_ganspace import plugin


@pytest.fixture(autouse=True)
def registered() -> None:
    """The plugin that brings the format, and no other."""
    plugins.registry().register(plugin, "the test")


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize(("comp", "std"), [("comp", "std"), ("lat_comp", "lat_stdev")])
def test_components_move_by_their_deviation(tmp_path: Path, comp: str, std: str) -> None:
    vectors = torch.randn(12, 1, 8, generator=torch.Generator().manual_seed(0))
    deviations = torch.arange(12.0) + 0.5
    path = saved(tmp_path / "pca.pt", {comp: vectors, std: deviations, "mean": torch.zeros(1, 8)})

    directions = import_directions(path)

    assert [d.info.name for d in directions][:2] == ["component-00", "component-01"]
    for index, direction in enumerate(directions):
        assert isinstance(direction, LinearDirection)
        assert direction.info.scale == float(deviations[index])
        assert torch.equal(direction.delta, vectors[index, 0])


def odd_components(path: Path) -> Path:
    """holds components \\(3, 1, 8\\) with deviations \\(2,\\)"""
    return saved(path / "x.pt", {"comp": torch.randn(3, 1, 8), "std": torch.ones(2)})


def flat_component(path: Path) -> Path:
    """component 1 of x.pt has the deviation 0.0"""
    content = {"comp": torch.randn(2, 1, 8), "std": torch.tensor([1.0, 0.0])}
    return saved(path / "x.pt", content)


@pytest.mark.parametrize(
    "make",
    [odd_components, flat_component],
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


@pytest.mark.parametrize("name", ["ganspace"])
def test_it_keeps_the_promises_of_a_format(name: str) -> None:
    for check in checks_for(plugins.registry().formats[name]):
        check()
