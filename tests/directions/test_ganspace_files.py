"""Principal components as others publish them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode import Latents, LinearDirection, plugins
from dynode.errors import DynodeError
from dynode.importing import ImportRequest, import_directions
from dynode.pipeline import exchange
from dynode.testing import checks_for, tiny_generator, write_tiny_generator
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


def components(path: Path, *, mean: bool = True) -> tuple[Path, torch.Tensor, torch.Tensor]:
    """Write a file as GANSpace's authors do: unit components, deviations and the mean."""
    draw = torch.Generator().manual_seed(0)
    vectors = torch.linalg.qr(torch.randn(16, 16, generator=draw))[0]
    about = torch.randn(1, 16, generator=draw)
    content = {"comp": vectors[:, None], "std": torch.arange(16.0) / 4 + 0.5}
    return saved(path / "pca.pt", content | ({"mean": about} if mean else {})), vectors, about


@pytest.mark.parametrize(("index", "strength"), [(0, 0.5), (3, -2.0), (15, 20.0)])
def test_a_coordinate_is_set_on_the_rows_that_are_named(
    tmp_path: Path, index: int, strength: float
) -> None:
    generator = tiny_generator(16, w_dim=16, channels=8)
    path, vectors, mean = components(tmp_path)
    network = write_tiny_generator(tmp_path / "g.safetensors", generator)
    (direction,) = exchange.import_file(
        path,
        ImportRequest(),
        options={"set_coordinate": True},
        generator=str(network),
        component=index,
        rows="2-3",
    )
    direction.save(tmp_path / "d.safetensors")
    w = torch.randn(3, generator.info.num_layers, 16, generator=torch.Generator().manual_seed(1))

    moved = dynode.load_direction(tmp_path / "d.safetensors").apply(Latents(w), strength).w

    c, deviation = vectors[index].double(), index / 4 + 0.5
    coordinate = (w[:, 0].double() - mean.double()) @ c / deviation
    wanted = w.double().clone()
    wanted[:, 2:4] += ((strength - coordinate) * deviation)[:, None, None] * c
    torch.testing.assert_close(moved.double(), wanted, rtol=0, atol=1e-5)  # float32, codes to 10
    assert torch.equal(moved[:, [0, 1]], w[:, [0, 1]])


def test_setting_ends_at_the_same_place_and_moving_does_not(tmp_path: Path) -> None:
    path, vectors, mean = components(tmp_path)
    codes = Latents(
        torch.randn(5, 4, 16, generator=torch.Generator().manual_seed(1))[:, :1].repeat(1, 4, 1)
    )

    sets = import_directions(path, set_coordinate=True)[3].apply(codes, 1.5).w
    moves = import_directions(path)[3].apply(codes, 1.5).w

    reached = (sets - mean) @ vectors[3]
    assert torch.allclose(reached, torch.tensor(1.5 * 1.25), atol=1e-5)  # float32
    assert float(((moves - mean) @ vectors[3]).std()) > 0.1


def test_a_coordinate_is_left_alone_at_strength_zero_and_approached_along_the_way(
    tmp_path: Path,
) -> None:
    direction = import_directions(components(tmp_path)[0], set_coordinate=True)[2]
    code = Latents(torch.randn(1, 4, 16, generator=torch.Generator().manual_seed(1)))

    way = direction.along(code, torch.tensor([0.0, 0.5, 1.0]), 2.0).w

    assert torch.equal(direction.apply(code, 0.0).w, code.w)
    assert torch.equal(way[:1], code.w)
    aim = direction.apply(code, 2.0).w
    torch.testing.assert_close(way[1:], torch.cat([(code.w + aim) / 2, aim]), rtol=0, atol=1e-5)


def test_a_file_without_a_mean_sets_nothing(tmp_path: Path) -> None:
    path, *_ = components(tmp_path, mean=False)

    with pytest.raises(DynodeError, match=r"holds the mean None; expected \(1, 16\)"):
        import_directions(path, set_coordinate=True)
