"""Published encoder checkpoints, written from the reference cases."""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode.testing import tiny_generator
from dynode.weights.budget import Budget

REFERENCE = Path(__file__).parents[2] / "reference"


class EncoderCase(NamedTuple):
    """A case, and the checkpoint that holds its weights."""

    case: dict[str, Any]
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    path: Path

    def assert_close(self, actual: Tensor, name: str, rows: Collection[int] | None = None) -> None:
        """Compare with an output of the published code, within the tolerance of the case."""
        expected = self.outputs[name]
        if rows is not None:
            actual, expected = actual[:, list(rows)], expected[:, list(rows)]
        torch.testing.assert_close(actual, expected, **self.case["tolerance"])


@pytest.fixture(scope="session")
def fill() -> Any:
    spec = importlib.util.spec_from_file_location("encoder_fill", REFERENCE / "fill.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def encoder_case(
    fill: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., EncoderCase]:
    """Write a checkpoint in the published layout.

    Drawing 200 million numbers takes long: of the blocks that read a row, only those of `rows` are
    drawn, and all others are zero; they do not meet in the network. The zeros are shared, which makes
    the tensors larger than the file, as no published one is: the bound on that is off.
    """
    monkeypatch.setattr(Budget, "read", lambda self, size: None)

    def write(name: str, rows: Collection[int] | None = None, **options: Any) -> EncoderCase:
        case = json.loads((REFERENCE / name / "case.json").read_text())
        zeros = torch.zeros(512 * 512 * 9)

        def drawn(key: str, spec: dict[str, Any]) -> Tensor:
            block = re.search(r"styles\.(\d+)\.", key)
            if block and rows is not None and int(block[1]) not in rows:
                count = int(np.prod(spec["shape"]))
                return zeros[:count].view(spec["shape"])
            return torch.from_numpy(fill.fill_tensor(key, spec, case["seed"]))

        states = {
            part: {key: drawn(key, spec) for key, spec in state.items()}
            for part, state in case["states"].items()
        }
        path = tmp_path / f"{name}.pt"
        if "latent_avg" in states:
            opts = {**case["config"]["opts"], **options}
            torch.save(
                {
                    "state_dict": states["state_dict"],
                    "latent_avg": states["latent_avg"]["latent_avg"],
                    "opts": argparse.Namespace(**opts),
                },
                path,
            )
        else:
            torch.save(states["state_dict"], path)
        read = [
            {k: torch.from_numpy(v) for k, v in np.load(REFERENCE / name / f"{part}.npz").items()}
            for part in ("inputs", "outputs")
        ]
        return EncoderCase(case, read[0], read[1], path)

    return write


@pytest.fixture(scope="session")
def generator() -> Any:
    return tiny_generator(32, w_dim=16, channels=8)
