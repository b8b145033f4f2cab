"""Calls that cannot be meant as they stand are told in one line: the table of docs/errors.md, made."""

from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode import errors, plugins
from dynode.testing import tiny_generator

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
ROW = re.compile(r"^\| `(dynode\.|generator\.|up\.)(.*?)` \| `(\w+)` \| `(.*)` \|$", re.MULTILINE)
ROWS = [
    (start + call, error, message.replace("\\|", "|"))
    for start, call, error, message in ROW.findall(PAGE.read_text(encoding="utf-8"))
]


class Twice(dynode.DirectionMethod):
    name = "twice"

    def find(self, generator, options, *, seed, progress, latents=None):
        return [dynode.LinearDirection(torch.ones(generator.info.w_dim)) for _ in range(2)]


@pytest.fixture
def names(generator: Any, inverter: Any, tmp_path: Path, monkeypatch: Any) -> dict[str, object]:
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("dynode_twice")
    module.register_directions = dynode.hookimpl(lambda register: register(Twice()))
    plugins.registry().register(module, "tests")
    other = tiny_generator(w_dim=32)
    up = dynode.LinearDirection(torch.ones(generator.info.w_dim)).with_info(name="up")
    up.save("up.safetensors")
    return {
        "dynode": dynode,
        "torch": torch,
        "generator": generator,
        "latents": generator.sample(2, seed=0),
        "others": other.sample(1, seed=0),
        "picture": torch.linspace(-1, 1, 32).expand(1, 3, 32, 32),
        "up": up,
    }


def test_the_table_has_at_least_twenty_rows() -> None:
    assert len(ROWS) >= 20


@pytest.mark.parametrize("call, error, message", ROWS, ids=[row[0] for row in ROWS])
def test_misuse_is_told_in_one_line(
    call: str, error: str, message: str, names: dict[str, object]
) -> None:
    pattern = ".*?".join(map(re.escape, message.split("…")))

    with pytest.raises(errors.DynodeError) as told:
        eval(call, names)  # a row of our own page

    assert type(told.value).__name__ == error
    assert re.fullmatch(pattern, str(told.value))
