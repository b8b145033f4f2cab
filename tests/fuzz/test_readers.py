"""Files changed at random: a short run of `benchmarks/fuzz_readers.py`, which the figures come from."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SECONDS_EACH = 0.25  # ten seconds for all of them
SECONDS_EACH_SLOWLY = 1.0
SEED = 1  # another one than that of the figures
READERS = (
    "checkpoint, dynode",
    "checkpoint, rosinality",
    "checkpoint, old container",
    "checkpoint, nvlabs",
    "checkpoint, with encoder",
    "checkpoint, described",
    "encoder, dynode",
    "encoder, e4e",
    "encoder, ReStyle",
    "tensors",
    "CLIP, TorchScript",
    "CLIP, state dict",
    "import, npy",
    "import, npz",
    "import, pt",
    "import, GANSpace",
    "import, SeFa",
    "import, NaviGAN",
    "import, StyleCLIP mappers",
    "codes, npy",
    "codes, npz",
    "codes, pt",
    "direction, linear",
    "direction, style",
    "direction, weight",
    "direction, mapper",
    "direction, style mapper",
    "direction, coordinate",
    "direction, path",
    "video generator",
    "video generator, published",
    "moving generator",
    "motion",
    "clips of codes",
    "names of classes",
    "latents",
    "trajectory",
    "labels",
    "landmarks, JSON",
    "landmarks, npy",
    "landmarks, text",
    "classifier, TorchScript",
    "package",
    "run",
    "crop",
    "times",
    "list of a batch, CSV",
    "list of a batch, JSON lines",
    "list of a batch, Parquet",
    "work of the studio",
    "zip of pictures",
    "picture",
    "clip",
)


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "fuzz_readers.py"
    spec = importlib.util.spec_from_file_location("fuzz_readers", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_readers"] = module
    spec.loader.exec_module(module)
    return module


def test_every_reader_is_tried(fuzz: ModuleType) -> None:
    assert set(READERS) == set(fuzz.READERS)


@pytest.mark.installed_plugins
@pytest.mark.robust(kind="H")
@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_ends_in_a_value_or_one_line(fuzz: ModuleType, reader: str) -> None:
    check(fuzz, reader, SECONDS_EACH)


@pytest.mark.slow
@pytest.mark.installed_plugins
@pytest.mark.parametrize("reader", READERS)
def test_more_damaged_files_end_in_a_value_or_one_line(fuzz: ModuleType, reader: str) -> None:
    check(fuzz, reader, SECONDS_EACH_SLOWLY)


def check(fuzz: ModuleType, reader: str, seconds: float) -> None:
    if not fuzz.READERS[reader].is_installed:
        pytest.skip(f"needs {fuzz.READERS[reader].package}")
    found = fuzz.tried(reader, 10**6, SEED, seconds)

    assert found["foreign"] == []
    assert found["mutations"] > 0
    assert found["slowest_s"] < fuzz.MOST_SECONDS
    assert found["memory_mb"] * 2**20 < fuzz.MOST_BYTES
