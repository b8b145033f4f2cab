"""A file that declares great sizes is refused before memory or time is spent on them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode import files
from dynode.direction.file import load_direction
from dynode.errors import DirectionFileError

MOST_BYTES = 2**26  # what may be allocated while a file of a few kB is refused
MOST_SECONDS = 5.0
BITS = {"stacks.0.0.weight": torch.zeros(1, 1), "stacks.0.0.bias": torch.zeros(1)}
OF_30_000 = {"stacks.0.0.weight": torch.zeros(1, 30_000), "stacks.0.0.bias": torch.zeros(30_000)}


def rows(**changes: Any) -> dict[str, Any]:
    told = {"groups": [[0, 1]], "width": 1, "depth": 1, "normalize_rows": True, "scale": 0.1}
    return told | changes


def styles(**changes: Any) -> dict[str, Any]:
    return {"layers": [["b4.conv1", 1]], "depth": 1, "scale": 0.1} | changes


def factors(left: tuple[int, ...], right: tuple[int, ...]) -> dict[str, Tensor]:
    return {"left": torch.ones(left).half(), "right": torch.ones(right).half()}


def weight(*shape: Any) -> dict[str, Any]:
    return {"layer": "b8.conv0", "shape": list(shape)}


def path_of(states: int, columns: int, **field: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors = {
        "delta": torch.ones(1, columns),
        "path.times": torch.linspace(0, 1, 2),
        "path.start": torch.zeros(1),
        "path.space.mean": torch.zeros(columns),
        "path.space.scale": torch.ones(1),
        "path.space.basis": torch.ones(1, columns),
        "path.observed.states": torch.zeros(states, 1),
        "path.pieces.0.layers.0.weight": torch.zeros(1, 1),
        "path.pieces.0.layers.0.bias": torch.zeros(1),
    }
    config = {"rank": 1, "begin": 0.0, "end": 1.0, "depth": 1, "autonomous": True} | field
    pieces = [{"begin": 0.0, "end": 1.0, "kind": "mlp", "config": config}]
    shape = [1, columns]
    path = {"shape": shape, "weight_layers": [], "pieces": pieces, "options": {}}
    return tensors, {"path": path}


FILES: dict[str, tuple[str, dict[str, Tensor], dict[str, Any]]] = {
    "mapper of depth 0": ("mapper", {}, rows(depth=0)),
    "mapper of depth 0 beside tensors": ("mapper", BITS, rows(depth=0)),
    "mapper of negative depth": ("mapper", BITS, rows(depth=-1)),
    "mapper 30,000 wide": ("mapper", OF_30_000, rows(width=30_000)),
    "mapper of ten million layers": ("mapper", BITS, rows(depth=10**7)),
    "mapper of a hundred thousand groups": ("mapper", BITS, rows(groups=[[0, 1]] * 10**5)),
    "mapper of no groups": ("mapper", {}, rows(groups=[])),
    "mapper of negative rows": ("mapper", BITS, rows(groups=[[-3, 1]])),
    "style mapper of depth 0": ("style-mapper", {}, styles(depth=0)),
    "style mapper 30,000 wide": ("style-mapper", OF_30_000, styles(layers=[["a", 30_000]])),
    "style mapper of ten million layers": ("style-mapper", BITS, styles(depth=10**7)),
    "style mapper of a hundred thousand parts": (
        "style-mapper",
        BITS,
        styles(layers=[[str(i), 1] for i in range(10**5)]),
    ),
    "style mapper of one layer twice": (
        "style-mapper",
        BITS | {"stacks.1.0.weight": torch.zeros(1, 1), "stacks.1.0.bias": torch.zeros(1)},
        styles(layers=[["a", 1], ["a", 1]]),
    ),
    "a million style layers": ("s", {"delta.a": torch.ones(1)}, {"layers": ["a"] * 10**6}),
    "factors of 10 GB": (
        "weights",
        factors((50_000, 1), (1, 50_000)),
        weight(50_000, 50_000, 1, 1),
    ),
    "factors of another shape": ("weights", factors((9, 2), (2, 4)), weight(4, 2, 3, 3)),
    "factors that do not meet": ("weights", factors((18, 2), (3, 4)), weight(4, 2, 3, 3)),
    "factors of negative sizes": ("weights", factors((18, 2), (2, 4)), weight(4, -2, -3, 3)),
    "factors of three sizes": ("weights", factors((18, 2), (2, 4)), weight(4, 18, 1)),
    "path whose codes take 10 GB": ("w+", *path_of(50_000, 50_000)),
    "path of a field 30,000 wide": ("w+", *path_of(2, 2, width=30_000, depth=2)),
    "path of a field of ten million layers": ("w+", *path_of(2, 2, depth=10**7)),
    "path of a billion waves": ("w+", *path_of(2, 2, waves=10**9)),
}


def peak_memory(run: Callable[[], object]) -> int:
    """Bytes the process grew by at its peak; 0 where the system does not tell."""
    resource = pytest.importorskip("resource", reason="peak memory: POSIX only")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run()
    return 1024 * int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


@pytest.mark.parametrize("name", FILES)
def test_sizes_that_the_tensors_do_not_bear_out_are_refused_at_once(
    name: str, tmp_path: Path
) -> None:
    space, tensors, description = FILES[name]
    path = tmp_path / "great.safetensors"
    head = {
        "format": "dynode.direction",
        "version": "1",
        "space": space,
        "kind": json.dumps(description),
        "info": json.dumps({"calibration": {}}),
    }
    files.save_tensors(tensors, path, head)
    allowance = MOST_BYTES + 20 * path.stat().st_size  # a long description takes room itself

    def refuse() -> None:
        with pytest.raises(
            DirectionFileError, match="cannot be read as a direction file"
        ) as caught:
            load_direction(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400

    started = time.process_time()
    grown = peak_memory(refuse)

    assert grown < allowance
    assert time.process_time() - started < MOST_SECONDS


def test_reading_a_mapper_draws_no_random_numbers() -> None:
    path = Path(__file__).parent / "files_0_1" / "mapper.safetensors"
    state = torch.random.get_rng_state()

    load_direction(path)

    assert torch.equal(torch.random.get_rng_state(), state)
