"""The direction file: what was saved comes back, and anything else is refused by name."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.direction.info import Calibration, DirectionInfo
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.networks import RowMapper
from dynode.direction.style import StyleDirection
from dynode.direction.weight import WeightDirection
from dynode.direction.z import ZDirection
from dynode.errors import DirectionFileError
from dynode.latents.latents import Latents
from dynode.testing import write_tiny_generator

ROWS, WIDTH = 6, 5


def numbers(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


KINDS: dict[str, Callable[[], Direction]] = {
    "z": lambda: ZDirection(numbers(WIDTH)),
    "w": lambda: LinearDirection(numbers(WIDTH)),
    "w+": lambda: LinearDirection(numbers(ROWS, WIDTH)),
    "some rows": lambda: LinearDirection(numbers(WIDTH), torch.arange(ROWS) >= 3),
    "float64": lambda: LinearDirection(numbers(WIDTH).double()),
    "half": lambda: LinearDirection(numbers(WIDTH).half()),
    "a view": lambda: LinearDirection(numbers(WIDTH, ROWS).T),
    "with gradients": lambda: LinearDirection(numbers(WIDTH).requires_grad_()),
    "styles": lambda: StyleDirection({"b8.conv1": numbers(4), "b4.torgb": numbers(7)}),
    "one style": lambda: StyleDirection({"s": numbers(1)}),
    "no style": lambda: StyleDirection({}),
    "weights": lambda: WeightDirection("b8.conv0", numbers(2, 3, 3, 3)),
    "mapper": lambda: MapperDirection(RowMapper([(0, 2), (2, 5)], WIDTH), 0.25),
    "small mapper": lambda: MapperDirection(
        RowMapper([(1, 3)], WIDTH, depth=1, normalize_rows=False)
    ),
}
INFO = DirectionInfo(
    name="Lächeln 😀",
    method="interfacegan",
    options={"attribute": "smile", "layers": [1, 2], "rate": 0.5, "text": None, "fast": True},
    seed=7,
    fingerprint="0123abcd",
    generator="ffhq-1024",
    licence="Apache-2.0",
    unit="standard deviations of smile",
    scale=-2.5,
    calibration=Calibration(
        "smile", 1.02, {"age": -0.1, "pose": 0.3}, 512, "facets", ((-1.0, -0.9), (1.0, 1.02))
    ),
    source="smile.npy",
    created_with="0.1.0",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "smile.safetensors"


def tensors_of(direction: Direction) -> dict[str, Tensor]:
    match direction:
        case LinearDirection() | ZDirection():
            rows = getattr(direction, "rows", None)
            return {"delta": direction.delta} | ({} if rows is None else {"rows": rows})
        case StyleDirection():
            return dict(direction.delta)
        case WeightDirection():
            return {direction.layer: direction.delta}
        case MapperDirection():
            return dict(direction.mapper.state_dict())
    raise AssertionError(direction)


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_a_file_gives_back_the_direction(path: Path, make: Callable[[], Direction]) -> None:
    direction = make().with_info(name="smile")

    direction.save(path)
    loaded = load_direction(path)

    before, after = tensors_of(direction), tensors_of(loaded)
    assert type(loaded) is type(direction)
    assert list(after) == list(before)
    for name, part in before.items():
        assert after[name].dtype == part.dtype
        assert torch.equal(after[name], part)
        assert not after[name].requires_grad
    assert loaded.info == direction.info


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_a_loaded_direction_moves_as_the_saved_one(
    path: Path, make: Callable[[], Direction]
) -> None:
    direction = make()
    direction.save(path)
    loaded = load_direction(path)
    if isinstance(direction, ZDirection):
        pytest.skip("codes remember no z")
    latents = Latents(numbers(2, ROWS, WIDTH))

    moved, expected = loaded.apply(latents, 1.5), direction.apply(latents, 1.5)

    assert torch.equal(moved.w, expected.w)
    assert all(torch.equal(moved.styles[name], part) for name, part in expected.styles.items())
    assert [o.layer for o in moved.weights] == [o.layer for o in expected.weights]


def test_everything_the_info_tells_comes_back(path: Path) -> None:
    LinearDirection(numbers(WIDTH), info=INFO).save(path)

    assert load_direction(path).info == INFO


def test_an_option_that_is_no_json_value_is_saved_as_text(path: Path) -> None:
    info = DirectionInfo(options={"weights": Path("a/b.pt"), "layers": (1, 2)})

    LinearDirection(numbers(WIDTH), info=info).save(path)

    assert load_direction(path).info.options == {"weights": "a/b.pt", "layers": [1, 2]}


def test_the_folder_is_made_and_nothing_else_is_left_in_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "smile.safetensors"

    LinearDirection(numbers(WIDTH)).save(str(path))

    assert [item.name for item in path.parent.iterdir()] == ["smile.safetensors"]


class Nudge(LinearDirection):
    """A subclass that says nothing about its file."""


class Spiral(Direction):
    space = "spiral"

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        return latents

    def check_shape(self, info: Any) -> None: ...


@pytest.mark.parametrize(
    ("direction", "message"),
    [
        (Spiral(), "a Spiral cannot be written: it does not say what a file keeps"),
        (Nudge(numbers(WIDTH)), "a Nudge cannot be written: it would be read back as the kind it"),
    ],
    ids=["nothing said", "inherited"],
)
def test_a_kind_that_could_not_be_read_back_is_refused_and_writes_nothing(
    path: Path, direction: Direction, message: str
) -> None:
    with pytest.raises(DirectionFileError, match=message):
        direction.save(path)

    assert not path.exists()


# Files that are something else


def head(**changes: Any) -> dict[str, str]:
    """The metadata of a good linear direction, with some entries changed; None removes one."""
    told: dict[str, Any] = {
        "format": "dynode.direction",
        "version": "1",
        "space": "w+",
        "kind": "{}",
        "info": json.dumps({"name": "smile", "calibration": {}}),
    }
    return {key: value for key, value in (told | changes).items() if value is not None}


def write(path: Path, tensors: dict[str, Tensor] | None = None, **changes: Any) -> None:
    files.save_tensors(
        {"delta": numbers(WIDTH)} if tensors is None else tensors, path, head(**changes)
    )


def test_the_file_the_others_are_made_from_is_good(path: Path) -> None:
    write(path)

    assert load_direction(path).info.name == "smile"


def mapper_kind(**changes: Any) -> str:
    told = {"groups": [[0, 1]], "width": 5, "depth": 1, "normalize_rows": True, "scale": 0.1}
    return json.dumps(told | changes)


MAPPER = {"stacks.0.0.weight": numbers(5, 5), "stacks.0.0.bias": numbers(5)}


@pytest.mark.parametrize(
    ("tensors", "changes", "message"),
    [
        (None, {"version": "2"}, "version '2'; this dynode reads version 1; upgrade dynode"),
        (None, {"version": None}, "tells no version"),
        (None, {"format": None}, "holds tensors such as 'delta'; expected a direction file"),
        (None, {"format": "pt"}, "holds pt; expected a direction file"),
        (None, {"format": "dynode.latents"}, "holds latent codes, not a direction"),
        (None, {"space": "v"}, "kind 'v', which nothing installed here reads; install the plugin"),
        (None, {"space": None}, "it lacks 'space'"),
        (None, {"kind": None}, "it lacks 'kind'"),
        (None, {"info": None}, "it lacks 'info'"),
        (None, {"info": "{"}, "cannot be read as a"),
        (None, {"info": "[" * 100_000}, "cannot be read as a"),
        (None, {"info": "[]"}, "cannot be read as a"),
        (None, {"info": '"smile"'}, "cannot be read as a"),
        (None, {"info": "{}"}, "it lacks 'calibration'"),
        (None, {"info": '{"calibration": {}, "scale": NaN}'}, "its scale is nan"),
        (None, {"info": '{"calibration": {}, "scale": 0}'}, "its scale is 0"),
        ({}, {}, "it lacks 'delta'"),
        ({"delta": torch.full((5,), math.nan)}, {}, "'smile' holds values that are not finite"),
        ({"delta": numbers(2, 3, 4)}, {}, "'smile' has shape (2, 3, 4)"),
        (None, {"space": "z", "kind": "{}"}, ""),
        (None, {"space": "s", "kind": "{}"}, "it lacks 'layers'"),
        (None, {"space": "s", "kind": '{"layers": ["b4.conv1"]}'}, "it lacks 'delta.b4.conv1'"),
        (None, {"space": "s", "kind": "[]"}, "cannot be read as a"),
        (None, {"space": "weights", "kind": "{}"}, "it lacks 'layer'"),
        (MAPPER, {"space": "mapper", "kind": "{}"}, "it lacks 'groups'"),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(depth=10**9)},
            "cannot be read as a",
        ),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(width=10**9)},
            "cannot be read as a",
        ),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(groups=[[0, 1]] * 9)},
            "cannot be read as a",
        ),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(groups=[["a", 1]])},
            "cannot be read as a",
        ),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(groups=[[1, 1]])},
            "cannot be read as a direction file",
        ),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(depth=math.inf)},
            "cannot be read as a direction file",
        ),
        (
            MAPPER,
            {"space": "mapper", "kind": mapper_kind(scale="x")},
            "cannot be read as a direction file",
        ),
        (MAPPER, {"space": "mapper", "kind": mapper_kind(scale=math.inf)}, "not finite"),
        (
            {"stacks.0.0.weight": torch.full((5, 5), math.inf), "stacks.0.0.bias": numbers(5)},
            {"space": "mapper", "kind": mapper_kind()},
            "not finite",
        ),
        (
            {"stacks.0.0.weight": numbers(3, 5), "stacks.0.0.bias": numbers(5)},
            {"space": "mapper", "kind": mapper_kind()},
            "cannot be read as a direction file",
        ),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else None,
)
def test_a_file_that_holds_something_else_is_refused_in_one_line(
    path: Path, tensors: dict[str, Tensor] | None, changes: dict[str, Any], message: str
) -> None:
    write(path, tensors, **changes)
    if not message:  # the one good file of the table: a vector in Z needs nothing more
        assert isinstance(load_direction(path), ZDirection)
        return

    with pytest.raises(DirectionFileError) as caught:
        load_direction(path)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_later_version_may_add_is_ignored(path: Path) -> None:
    info = {"name": "smile", "mood": "merry", "calibration": {"effect": 2.0, "weather": "fine"}}
    write(path, info=json.dumps(info), hash="abc")

    loaded = load_direction(path)

    assert loaded.info == DirectionInfo(name="smile", calibration=Calibration(effect=2.0))


def test_a_checkpoint_given_for_a_direction_is_told_where_it_belongs(tmp_path: Path) -> None:
    path = write_tiny_generator(tmp_path / "tiny.safetensors")

    with pytest.raises(DirectionFileError, match="pass a checkpoint to --generator"):
        load_direction(path)


def no_file(path: Path) -> None: ...


def truncated(path: Path) -> None:
    write(path)
    path.write_bytes(path.read_bytes()[:-7])


@pytest.mark.parametrize(
    "make",
    [
        no_file,
        truncated,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("smile: 1.0\n"),
        lambda path: torch.save({"delta": numbers(5)}, path),
        lambda path: path.mkdir(),
        lambda path: path.write_bytes(b"\xff" * 64),
    ],
    ids=["absent", "truncated", "empty", "text", "torch", "a folder", "noise"],
)
def test_what_is_no_safetensors_file_is_refused_in_one_line(
    path: Path, make: Callable[[Path], None]
) -> None:
    make(path)

    with pytest.raises(DirectionFileError) as caught:
        load_direction(path)

    assert str(caught.value).startswith("smile.safetensors ")
    assert "\n" not in str(caught.value)
