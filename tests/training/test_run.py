"""Runs that were cut off, damaged or begun twice go on to the same end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from dynode.errors import UsageError
from dynode.training.run import Run, generator_at


def make_run(folder: Path, **recipe: object) -> tuple[Run, nn.Linear]:
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    return Run(folder, {"model": model}, torch.optim.Adam(model.parameters(), 0.1), recipe), model


def train(folder: Path, *, until: int | None = None) -> torch.Tensor:
    run, model = make_run(folder)

    def step(index: int) -> dict[str, float]:
        loss = model(torch.randn(4, 3, generator=generator_at(0, index))).square().mean()
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        return {"loss": loss.item()}

    run.steps(step, total=12, save_every=4, log_every=1, until=until)
    return model.weight.detach().clone()


def steps_of(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text().splitlines()]


def half_a_line(folder: Path) -> None:
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"step": 9, "lo')


def bytes_of_no_text(folder: Path) -> None:
    with (folder / "log.jsonl").open("ab") as log:
        log.write(b"\xff\xfe\x00\n")


def another_object(folder: Path) -> None:
    with (folder / "log.jsonl").open("a") as log:
        log.write("[1, 2]\n")


def a_cut_state(folder: Path) -> None:
    path = folder / "state.pt"
    path.write_bytes(path.read_bytes()[:500])


def an_empty_state(folder: Path) -> None:
    (folder / "state.pt").write_bytes(b"")


def a_strange_state(folder: Path) -> None:
    torch.save({"hello": 1}, folder / "state.pt")


DAMAGE = [
    half_a_line,
    bytes_of_no_text,
    another_object,
    a_cut_state,
    an_empty_state,
    a_strange_state,
]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.robust(kind="K half-written", member="a run's log or state")
def test_a_damaged_run_goes_on_from_the_last_good_state(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    whole = train(tmp_path / "whole")
    train(tmp_path / "cut", until=8)
    damage(tmp_path / "cut")

    with pytest.warns(UserWarning, match="half-written lines|is damaged"):
        finished = train(tmp_path / "cut")

    assert torch.equal(finished, whole)
    assert steps_of(tmp_path / "cut") == list(range(1, 13))


@pytest.mark.robust(kind="K half-written", member="every state of a run")
def test_a_run_without_a_good_state_begins_anew(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole")
    train(tmp_path / "cut", until=4)
    a_cut_state(tmp_path / "cut")

    with pytest.warns(UserWarning, match="is damaged"):
        finished = train(tmp_path / "cut")

    assert torch.equal(finished, whole)


def test_a_run_of_other_options_is_refused(tmp_path: Path) -> None:
    train(tmp_path, until=4)
    other, _ = make_run(tmp_path, width=5)

    with pytest.raises(UsageError, match="holds a run with other options"):
        other.resume()
