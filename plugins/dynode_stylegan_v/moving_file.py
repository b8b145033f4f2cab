"""The file of motion for a generator: its weights, and which generator they move."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import (
    CorruptCheckpointError,
    DynodeError,
    GeneratorMismatchError,
    MissingWeightsError,
    UnknownNameError,
)
from dynode.files import check_free
from dynode.generator import Generator, load_generator
from dynode.weights import is_state_dict, open_weights, quoted, unsafe, write_safetensors
from dynode_stylegan_v.clip_motion import ClipMotionConfig
from dynode_stylegan_v.config import MotionConfig
from dynode_stylegan_v.loading import filled, refuse_misfits
from dynode_stylegan_v.moving import MovingGenerator, MovingNetwork

FORMAT = "dynode.moving-generator"
VERSION = "1"
_MOST = 2**20
_KINDS: dict[str, type[MotionConfig | ClipMotionConfig]] = {
    "waves": MotionConfig,
    "clips": ClipMotionConfig,
}


def write_moving(generator: MovingGenerator, path: str | Path, *, force: bool = False) -> None:
    """Write the motion of a generator; the generator itself is named, not copied.

    Args:
        generator: What to write.
        path: Where to.
        force: Replace a file that exists.

    Raises:
        OutputExistsError: The file exists and `force` is off.
    """
    path, still, config = Path(path), generator.still.info, generator.mover.config
    check_free(path, force=force)
    facts = {
        "dynode.format": FORMAT,
        "dynode.version": VERSION,
        "motion": next(name for name, kind in _KINDS.items() if type(config) is kind),
        "config": json.dumps(dataclasses.asdict(config), sort_keys=True),
        "w_dim": str(still.w_dim),
        "hidden": str(generator.mover.hidden),
        "fps": repr(float(generator.fps)),
        "name": generator.info.name,
        "still": still.name,
        "still_file": still.source,
        "fingerprint": still.fingerprint,
    }
    tensors = {name: part.detach().cpu() for name, part in generator.mover.state_dict().items()}
    write_safetensors(tensors, path, facts)


def read_moving(
    path: str | Path,
    *,
    device: torch.device | str | None = None,
    still: Generator | None = None,
) -> MovingGenerator:
    """Read a moving generator.

    Args:
        path: The file.
        device: Where it computes.
        still: The generator to move; None finds it by its name, or by its file beside this one.

    Raises:
        CheckpointError: The file cannot be used.
        MissingWeightsError: The generator it moves is not here.
        GeneratorMismatchError: The generator is another one.
    """
    path = Path(path)
    with open_weights(path) as weights:
        facts, stored = dict(weights.metadata), weights.content
        network = _described(path, facts)
        assert is_state_dict(stored)
        refuse_misfits(network, {name: part.shape for name, part in stored.items()}, path.name)
        if sum(part.span_bytes for part in stored.values()) > weights.size:
            raise unsafe(path, "its tensors together are larger than the file")
        state: dict[str, Tensor] = {name: part.read() for name, part in stored.items()}
    found = still or _still(path, facts, device)
    if found.info.fingerprint != facts.get("fingerprint"):
        raise GeneratorMismatchError(
            f"{path.name} moves {facts.get('still')} ({facts.get('fingerprint', '')[:12]}), and "
            f"{found.info.name} is {found.info.fingerprint[:12]}; give the generator it was made for"
        )
    filled_network = filled(network, state, source=path.name).to(found.device)
    return MovingGenerator(
        found, filled_network, fps=float(facts["fps"]), name=facts.get("name") or None
    )


def _described(path: Path, facts: dict[str, str]) -> MovingNetwork:
    found = facts.get("dynode.format"), facts.get("dynode.version")
    if found != (FORMAT, VERSION):
        raise CorruptCheckpointError(
            f"{path.name} holds {found[0]!r:.60} of version {found[1]!r:.20}; expected {FORMAT} of version "
            f"{VERSION}; update dynode, or give another file"
        )
    try:
        kind, described = facts.get("motion", "waves"), json.loads(facts["config"])
        if kind == "clips" and "kinds" not in described:
            raise ValueError("it is of an earlier dynode, before kinds; train it again")
        config = _KINDS[kind](**described)
        sizes = [
            getattr(config, field.name)
            for field in dataclasses.fields(config)
            if field.type == "int"
        ]
        width, fps = int(facts["w_dim"]), float(facts["fps"])
        hidden = int(facts.get("hidden", "0"))
        if (
            not all(type(size) is int and 0 <= size <= _MOST for size in [*sizes, width, hidden])
            or fps <= 0
        ):
            raise ValueError(f"a size is not between 0 and {_MOST}")
        with torch.device("meta"):
            return MovingNetwork(config, width, hidden)
    except (ValueError, TypeError, KeyError, AttributeError, DynodeError) as error:
        raise CorruptCheckpointError(
            f"{path.name} describes no motion ({quoted(str(error), 80)}); write it again"
        ) from error


def _still(path: Path, facts: dict[str, str], device: torch.device | str | None) -> Generator:
    """Find the generator a file moves: by its name, else by its file beside it."""
    name, beside = facts.get("still", ""), Path(facts.get("still_file", "")).name
    try:
        return load_generator(name, device=device)
    except UnknownNameError as error:
        if beside and (path.parent / beside).is_file():
            return load_generator(path.parent / beside, device=device)
        raise MissingWeightsError(
            f"{path.name} moves the generator {name!r} ({beside or 'no file known'}), which is not "
            f"here; put its file beside {path.name}"
        ) from error
