"""Trajectories that dynode 0.1 wrote are read, lead where they led, and are written as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode import files
from dynode.dynamics import Trajectory
from dynode.dynamics.field import MLPField, PublishedField

FOLDER = Path(__file__).parent / "files_0_1"
# Fields of its pieces.
KINDS = {"pieces": [MLPField] * 2, "autonomous": [MLPField], "published": [PublishedField]}


@pytest.fixture(scope="module")
def rollouts() -> dict[str, Tensor]:
    """Codes at `times` as 0.1 drew them, by name of the file."""
    return files.load_tensors(FOLDER / "rollouts.safetensors")[0]


@pytest.mark.parametrize("name", KINDS)
def test_its_fields_are_recognised(name: str) -> None:
    trajectory = Trajectory.load(FOLDER / f"{name}.safetensors")

    assert [type(piece.field) for piece in trajectory.pieces] == KINDS[name]
    assert len(trajectory.observed) == 7


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("part", ["whole", "equation"])
def test_it_leads_where_it_led(name: str, part: str, rollouts: dict[str, Tensor]) -> None:
    trajectory = Trajectory.load(FOLDER / f"{name}.safetensors")

    found = trajectory.rollout(rollouts["times"], keep_residual=part == "whole").latents

    # The default solver's relative tolerance is 1e-4, and its steps may differ.
    torch.testing.assert_close(found.w, rollouts[f"{name}.{part}.w"], rtol=1e-3, atol=1e-3)
    offsets = {key for key in rollouts if key.startswith(f"{name}.{part}.styles.")}
    assert {f"{name}.{part}.styles.{layer}" for layer in found.styles} == offsets
    for layer, moved in found.styles.items():
        torch.testing.assert_close(moved, rollouts[f"{name}.{part}.styles.{layer}"])
    assert [offset.layer for offset in found.weights] == ["b16.torgb"] * (name == "pieces")


@pytest.mark.parametrize("name", KINDS)
def test_it_is_written_again_as_it_was(name: str, tmp_path: Path) -> None:
    path = FOLDER / f"{name}.safetensors"

    Trajectory.load(path).save(tmp_path / "again.safetensors")

    before, after = (files.load_tensors(p) for p in (path, tmp_path / "again.safetensors"))
    assert after[1] == before[1]
    assert after[0].keys() == before[0].keys()
    assert all(torch.equal(after[0][key], part) for key, part in before[0].items())
