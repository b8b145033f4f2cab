"""Trajectories as files: tensors and JSON metadata in one safetensors file."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from dynode import files
from dynode.dynamics.field import FIELDS, Field
from dynode.dynamics.integrate import Piece
from dynode.dynamics.space import DynamicSpace
from dynode.dynamics.trajectory import Trajectory
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset

FORMAT = "dynode.trajectory"
FORMAT_VERSION = "1"
_MOST_WAVES = 2**16
"""Their frequencies are made by their number alone."""
_MOST_NUMBERS = 2**27
"""Largest product of compact states and basis, half a GiB."""


def save_trajectory(trajectory: Trajectory, path: Path) -> None:
    """Write a trajectory under a temporary name, then rename it."""
    tensors, description = take_apart(trajectory)
    metadata = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "fingerprint": trajectory.fingerprint,
        "trajectory": json.dumps(description),
    }
    files.save_tensors(tensors, path, metadata)


def take_apart(
    trajectory: Trajectory, *, compact: bool = False
) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Return a trajectory as tensors and JSON values, for this file or as part of another.

    Args:
        trajectory: What to take apart.
        compact: Keep the states of the observed codes instead of the codes, without what the space
            does not span; nothing is lost where it spans all of them.
    """
    observed, space = trajectory.observed, trajectory.space
    tensors = {
        "times": trajectory.times,
        "start": trajectory.start,
        "space.mean": space.mean,
        "space.scale": space.scale,
    }
    if compact:
        tensors["observed.states"] = space.encode(observed.w)
    else:
        tensors["observed.w"] = observed.w
    if space.basis is not None:
        tensors["space.basis"] = space.basis
    tensors |= {f"observed.styles.{name}": part for name, part in observed.styles.items()}
    for index, offset in enumerate(observed.weights):
        tensors[f"observed.weights.{index}.basis"] = offset.basis
        tensors[f"observed.weights.{index}.coefficients"] = offset.coefficients
    for index, piece in enumerate(trajectory.pieces):
        state = piece.field.state_dict()
        tensors |= {f"pieces.{index}.{key}": value for key, value in state.items()}
    description: dict[str, object] = {
        "shape": list(space.shape),
        "weight_layers": [offset.layer for offset in observed.weights],
        "pieces": [
            {"begin": p.begin, "end": p.end, "kind": p.field.kind, "config": p.field.config()}
            for p in trajectory.pieces
        ],
        "options": dict(trajectory.options),
    }
    return tensors, description


def read_trajectory(path: Path, fingerprint: str = "") -> Trajectory:
    """Read a trajectory file; see `Trajectory.load`."""
    tensors, metadata = files.load_tensors(path)
    if metadata.get("format") != FORMAT or metadata.get("version") != FORMAT_VERSION:
        raise CorruptCheckpointError(
            f"{path.name} holds {metadata.get('format', 'no dynode data')} "
            f"{metadata.get('version', '')}; expected a trajectory of version {FORMAT_VERSION}; fit one "
            f"with 'dynode train ode'"
        )
    theirs = metadata.get("fingerprint", "")
    if fingerprint and theirs and theirs != fingerprint:
        raise GeneratorMismatchError(
            f"the trajectory in {path.name} belongs to generator {theirs[:12]}, this one is "
            f"{fingerprint[:12]}; load the generator it was made with"
        )
    try:
        return put_together(tensors, json.loads(metadata["trajectory"]), theirs)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise CorruptCheckpointError(
            f"{path.name} is no whole trajectory ({reason}); fit it again with 'dynode train ode'"
        ) from error


def put_together(
    tensors: dict[str, Tensor],
    description: dict[str, object],
    fingerprint: str,
) -> Trajectory:
    """Make the trajectory that `take_apart` took apart.

    Raises:
        KeyError, ValueError, TypeError, RuntimeError: A part is missing or does not fit.
    """
    layers, shape = description["weight_layers"], description["shape"]
    pieces, options = description["pieces"], description["options"]
    assert isinstance(layers, list) and isinstance(shape, list)
    assert isinstance(pieces, list) and isinstance(options, dict)
    space = DynamicSpace(
        (shape[0], shape[1]),
        tensors["space.mean"],
        tensors["space.scale"],
        tensors.get("space.basis"),
    )
    if "observed.states" in tensors:
        states = tensors["observed.states"]
        if len(states) * space.mean.numel() > _MOST_NUMBERS:
            raise ValueError(f"{len(states)} states stand for more than {_MOST_NUMBERS:,} numbers")
        codes = space.decode(states)
    else:
        codes = tensors["observed.w"]
    prefix = "observed.styles."
    observed = Latents(
        codes,
        {key[len(prefix) :]: part for key, part in tensors.items() if key.startswith(prefix)},
        tuple(
            WeightOffset(
                layer,
                tensors[f"observed.weights.{index}.basis"],
                tensors[f"observed.weights.{index}.coefficients"],
            )
            for index, layer in enumerate(layers)
        ),
    )
    return Trajectory(
        observed,
        tensors["times"],
        space,
        tensors["start"],
        [
            Piece(piece["begin"], piece["end"], _field_of(tensors, index, piece))
            for index, piece in enumerate(pieces)
        ],
        fingerprint,
        options,
    )


def _field_of(tensors: dict[str, Tensor], index: int, piece: dict[str, object]) -> Field:
    """Build the network only when the stored tensors bear out what its arguments say."""
    config = piece["config"]
    assert isinstance(config, dict)
    prefix = f"pieces.{index}."
    state = {key[len(prefix) :]: part for key, part in tensors.items() if key.startswith(prefix)}
    if 2 * int(config.get("depth", 1)) > len(state) or int(config.get("waves", 0)) > _MOST_WAVES:
        raise ValueError(f"piece {index} has {len(state)} tensors for {config}")
    kind = FIELDS[str(piece["kind"])]
    if {key: tuple(part.shape) for key, part in state.items()} != kind.shapes(config):
        raise ValueError(f"piece {index} has tensors of other shapes than {config} says")
    field = kind(**config)
    field.load_state_dict(state)
    dtype = tensors["start"].dtype
    return field.to(dtype=dtype) if dtype.is_floating_point else field.to(dtype=torch.float32)
