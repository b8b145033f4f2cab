"""A training run that can be stopped at any step and continued to the same end."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from dynode.errors import DynodeError, UsageError
from dynode.files import reading, written
from dynode.plugins.methods import Progress, silent
from dynode.quoting import quoted
from dynode.weights import read_tensors

_STATE = "state.pt"
_BEFORE = "state.before.pt"  # the one before it, should a disk lose the last
_LOG = "log.jsonl"
_STATE_KEYS = {"done", "recipe", "modules", "optimizer", "others"}


def generator_at(seed: int, *place: int) -> torch.Generator:
    """Return the random numbers of one place in a run, the same whenever it is reached.

    Drawing from `(seed, step)` instead of from one long stream is what makes a
    continued run equal to one that was never stopped.
    """
    mixed = seed
    for part in place:
        mixed = (mixed * 6364136223846793005 + part + 1442695040888963407) % 2**63
    return torch.Generator().manual_seed(mixed)


def cosine_rate(step: int, steps: int, *, peak: float, warmup: int) -> float:
    """Return the learning rate at a step: a linear rise, then a cosine fall to zero."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


class Stateful(Protocol):
    """Anything that can write down where it is and go on from there, such as an optimiser."""

    def state_dict(self) -> dict[str, Any]:  # tensors and plain values
        """Return what is needed to go on."""
        ...

    def load_state_dict(self, state_dict: Any) -> Any:  # what `state_dict` returned
        """Go on from there."""
        ...


@dataclass
class Run:
    """Modules in training, and the folder that remembers how far they are.

    Attributes:
        folder: Where the state and the log are kept.
        modules: Everything with weights or buffers, by name; all of it is saved.
        optimizer: Updates the modules.
        recipe: Every option that shapes the result; a state of another recipe is refused.
        others: Whatever else changes from step to step, by name: further optimisers, pools.
        is_writer: Whether this process keeps state and log; one of several does.
        listener: Called with every line of the log.
    """

    folder: Path
    modules: Mapping[str, nn.Module]
    optimizer: torch.optim.Optimizer
    recipe: Mapping[str, Any]  # whatever JSON can hold
    others: Mapping[str, Stateful] = field(default_factory=dict)
    is_writer: bool = True
    listener: Callable[[Mapping[str, float]], None] | None = None

    def steps(
        self,
        step: Callable[[int], dict[str, float]],
        *,
        total: int,
        save_every: int = 250,
        log_every: int = 25,
        until: int | None = None,
        progress: Progress = silent,
    ) -> None:
        """Take the steps that are left of a run.

        Args:
            step: Takes step i, the optimiser's included, and returns figures to log. It must draw
                random numbers from `generator_at(seed, i)` only.
            total: Steps in all.
            save_every: Steps between saved states.
            log_every: Steps between lines of the log.
            until: Stop after this many, saved, to be continued later.
            progress: Called after every step.
        """
        first = self.resume()
        for index in range(first, min(total, until if until is not None else total)):
            figures = step(index)
            done = index + 1
            if done % log_every == 0 or done == total:
                self._log({"step": done, **figures})
            progress(done, total, " ".join(f"{key} {value:.4g}" for key, value in figures.items()))
            if done % save_every == 0 or done in (total, until):
                self.save(done)

    def resume(self) -> int:
        """Load the saved state, if there is one, and return the next step.

        Raises:
            UsageError: The folder holds a run with another recipe.
        """
        for path in (self.folder / _STATE, self.folder / _BEFORE):
            state = _read_state(path)
            if state is not None:
                return self._go_on_from(state)
        return 0

    def _go_on_from(self, state: Mapping[str, Any]) -> int:
        if state["recipe"] != json.dumps(self.recipe, sort_keys=True):
            raise UsageError(
                f"{self.folder} holds a run with other options; name another folder to start afresh"
            )
        todo = "delete it to begin anew"
        with reading(self.folder / _STATE, "the state of this run", todo):
            for name, module in self.modules.items():
                module.load_state_dict(state["modules"][name])
            self.optimizer.load_state_dict(state["optimizer"])
            for name, other in self.others.items():
                other.load_state_dict(state["others"][name])
            done = int(state["done"])
        if self.is_writer:
            self._drop_log_after(done)
        return done

    def save(self, done: int) -> None:
        """Write the state after `done` steps, atomically."""
        if not self.is_writer:
            return
        state = {
            "done": done,
            "recipe": json.dumps(self.recipe, sort_keys=True),
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "optimizer": self.optimizer.state_dict(),
            "others": {name: other.state_dict() for name, other in self.others.items()},
        }
        path = self.folder / _STATE
        with written(path) as temporary:
            torch.save(state, temporary)
            if path.exists():
                os.replace(path, self.folder / _BEFORE)

    def _log(self, figures: Mapping[str, float]) -> None:
        if not self.is_writer:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(figures) + "\n")
        if self.listener is not None:
            self.listener(figures)

    def _drop_log_after(self, done: int) -> None:
        path = self.folder / _LOG
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in lines if (step := _step_of(line)) is not None and step <= done]
        broken = sum(_step_of(line) is None for line in lines)
        if broken:
            warnings.warn(
                f"{broken} half-written lines of {path} are left out; the run goes on", stacklevel=2
            )
        with written(path) as temporary:
            temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def _step_of(line: str) -> int | None:
    """Read the step of a line of the log; None if the line was never finished."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return None


def _read_state(path: Path) -> dict[str, Any] | None:
    """Read a state; None where there is none, or one that is damaged, which is told."""
    if not path.exists():
        return None
    try:
        state = read_tensors(path)
        if isinstance(state, dict) and set(state) >= _STATE_KEYS:
            return state
        reason = f"it holds {quoted(state)}"
    except DynodeError as error:
        reason = str(error)
    warnings.warn(
        f"the state {path} is damaged ({reason}); the run goes on from the last good one, or begins anew",
        stacklevel=3,
    )
    return None


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move a running average of a model's weights one step; buffers are copied."""
    pairs = zip(average.parameters(), model.parameters(), strict=True)
    for mean, weight in pairs:
        mean.lerp_(weight.to(mean.dtype), 1.0 - decay)
    for kept, buffer in zip(average.buffers(), model.buffers(), strict=True):
        kept.copy_(buffer)


def stored(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights as they are shipped: floats in half precision, the rest as it is."""
    return {name: part.half() if part.is_floating_point() else part for name, part in state.items()}
