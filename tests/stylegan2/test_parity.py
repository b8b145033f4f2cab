"""Every reference case, through files in the published layouts and the public loader."""

from __future__ import annotations

import importlib
import types
from pathlib import Path

import pytest
import torch

from dynode.stylegan2 import strips

CASES = [
    "rosinality-generator-64",
    "rosinality-generator-1024-slice",
    "rosinality-discriminator-64",
    "nvlabs-generator-64",
    "nvlabs-generator-cond-32",
    "nvlabs-discriminator-cond-32",
]


@pytest.fixture
def parity(repository: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The script that also writes docs/parity.md."""
    monkeypatch.syspath_prepend(repository / "benchmarks")
    return importlib.import_module("parity")


WAYS = [
    pytest.param(name, way, marks=[pytest.mark.slow] if "1024" in name or way != "whole" else [])
    for name in CASES
    for way in ("whole", "in strips")
    if way == "whole" or "-gen" in name
]


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_outputs_equal_those_of_the_published_code(
    parity: types.ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    way: str,
) -> None:
    if way == "whole":  # as where gradients are needed, and on other devices
        monkeypatch.setattr(strips, "can_run", lambda *args: False)

    with torch.no_grad():
        measured = parity.measure(name, tmp_path)

    # The share is in units of the case's own tolerance, which is ten times the difference between
    # float32 and float64 in the published code.
    assert [row for row in measured if row.share > 1] == []


def test_the_page_on_parity_holds_every_output(parity: types.ModuleType, repository: Path) -> None:
    page = (repository / "docs" / "parity.md").read_text()

    sections = {part.split("\n", 1)[0]: part for part in page.split("\n## ")[1:]}

    assert list(sections) == list(parity.COMPUTE) == CASES
    for name, section in sections.items():
        outputs = parity.outputs_of(name)
        assert [line.split(" | ")[0] for line in section.splitlines()[4:]] == [
            f"| {output}" for output in outputs
        ]
