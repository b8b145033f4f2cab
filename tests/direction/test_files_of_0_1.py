"""Files that dynode 0.1 wrote are read, move codes as they did then, and are written byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode import files
from dynode.direction import PathDirection, StyleMapperDirection, ZDirection
from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.style import StyleDirection
from dynode.direction.weight import WeightDirection
from dynode.latents.latents import Latents
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator

FOLDER = Path(__file__).parent / "files_0_1"
KINDS = {
    "z": ZDirection,
    "w": LinearDirection,
    "w_plus": LinearDirection,
    "rows": LinearDirection,
    "path": PathDirection,
    "styles": StyleDirection,
    "weights": WeightDirection,
    "weights_factored": WeightDirection,
    "mapper": MapperDirection,
    "style_mapper": StyleMapperDirection,
}
# float32 through small layers; one mapping network more for z.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def moved() -> dict[str, Tensor]:
    """Codes as 0.1 moved them by half a strength, by name of the file."""
    return files.load_tensors(FOLDER / "moved.safetensors")[0]


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=5)


def test_there_is_a_file_of_every_kind() -> None:
    assert {path.stem for path in FOLDER.glob("*.safetensors")} == {*KINDS, "moved"}


@pytest.mark.parametrize("name", KINDS)
def test_its_kind_is_recognised(name: str) -> None:
    direction = load_direction(FOLDER / f"{name}.safetensors")

    assert type(direction) is KINDS[name]
    assert direction.info.name == name.replace("_", "-")
    assert (direction.info.scale, direction.info.calibration.effect) == (1.5, 1.02)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "path"])
def test_it_is_written_again_byte_for_byte(name: str, tmp_path: Path) -> None:
    path = FOLDER / f"{name}.safetensors"

    load_direction(path).save(tmp_path / "again.safetensors")

    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_a_path_is_written_with_the_same_tensors(tmp_path: Path) -> None:
    before, head = files.load_tensors(FOLDER / "path.safetensors")

    load_direction(FOLDER / "path.safetensors").save(tmp_path / "again.safetensors")

    after, told = files.load_tensors(tmp_path / "again.safetensors")
    assert told == head
    assert list(after) == list(before)
    for name, part in before.items():  # its states go through the space and back
        torch.testing.assert_close(after[name], part, **CLOSE)


@pytest.mark.parametrize("name", KINDS)
def test_it_moves_codes_as_it_did(
    name: str, moved: dict[str, Tensor], generator: StyleGAN2
) -> None:
    direction = load_direction(FOLDER / f"{name}.safetensors").ready_for(generator)

    found = direction.apply(Latents(moved["start"]), 0.5)

    torch.testing.assert_close(found.w, moved[f"{name}.w"], **CLOSE)
    expected = {key: part for key, part in moved.items() if key.startswith(f"{name}.styles.")}
    assert {f"{name}.styles.{layer}" for layer in found.styles} == set(expected)
    for layer, part in found.styles.items():
        torch.testing.assert_close(part, expected[f"{name}.styles.{layer}"], **CLOSE)
    for offset in found.weights:
        added = torch.einsum("nk,koihw->noihw", offset.coefficients, offset.basis)
        torch.testing.assert_close(added, moved[f"{name}.weights.{offset.layer}"], **CLOSE)
    assert len(found.weights) == sum(key.startswith(f"{name}.weights.") for key in moved)


def test_a_path_leads_where_it_did(moved: dict[str, Tensor]) -> None:
    direction = load_direction(FOLDER / "path.safetensors")

    found = direction.along(Latents(moved["start"][:1]), torch.tensor([0.0, 0.4, 1.0]), 0.5)

    torch.testing.assert_close(found.w, moved["path.along"], **CLOSE)
