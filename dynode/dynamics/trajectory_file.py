"""Trajectories as files: tensors and JSON metadata in one safetensors file."""

from __future__ import annotations

import json
import math
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
from dynode.quoting import quoted

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
            f"{path.name} holds {metadata.get('format', 'no dynode data')!r:.60} "
            f"{metadata.get('version', '')!r:.20}; expected a trajectory of version {FORMAT_VERSION}; "
            f"fit one with 'dynode train ode'"
        )
    theirs = metadata.get("fingerprint", "")
    if fingerprint and theirs and theirs != fingerprint:
        raise GeneratorMismatchError(
            f"the trajectory in {path.name} belongs to generator {theirs[:12]}, this one is "
            f"{fingerprint[:12]}; load the generator it was made with"
        )
    with files.reading(path, "a trajectory", "fit it again with 'dynode train ode'"):
        return put_together(tensors, json.loads(metadata["trajectory"]), theirs)


def put_together(
    tensors: dict[str, Tensor],
    description: dict[str, object],
    fingerprint: str,
) -> Trajectory:
    """Make the trajectory that `take_apart` took apart.

    Raises:
        KeyError, ValueError, TypeError, RuntimeError, AssertionError: A part is missing or does not
            fit.
    """
    layers, shape = description["weight_layers"], description["shape"]
    pieces, options = description["pieces"], description["options"]
    assert isinstance(layers, list) and isinstance(shape, list)
    assert isinstance(pieces, list) and isinstance(options, dict)
    space = _space_of(tensors, shape)
    codes = _codes_of(tensors, space)
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
    times, start = _path_of(tensors, codes, space)
    return Trajectory(
        observed,
        times,
        space,
        start,
        [_piece_of(tensors, index, piece, start) for index, piece in enumerate(pieces)],
        fingerprint,
        options,
    )


def _space_of(tensors: dict[str, Tensor], shape: list[object]) -> DynamicSpace:
    rows, width = shape
    mean, scale, basis = tensors["space.mean"], tensors["space.scale"], tensors.get("space.basis")
    if type(rows) is not int or type(width) is not int or tuple(mean.shape) != (rows * width,):
        raise ValueError(f"its space has the shape {quoted(shape)} and {mean.numel():,} numbers")
    wanted = () if basis is None else (len(basis),)
    if not mean.numel() or tuple(scale.shape) != wanted:
        raise ValueError(f"its space has scales of shape {tuple(scale.shape)}")
    if basis is not None and (not len(basis) or tuple(basis.shape[1:]) != tuple(mean.shape)):
        raise ValueError(f"its space has a basis of shape {tuple(basis.shape)}")
    return DynamicSpace((rows, width), mean, scale, basis)


def _codes_of(tensors: dict[str, Tensor], space: DynamicSpace) -> Tensor:
    """Return the observed codes; few states can stand for many, so they are counted first."""
    if "observed.states" not in tensors:
        return tensors["observed.w"]
    states = tensors["observed.states"]
    if tuple(states.shape[1:]) != (space.rank,) or len(states) * space.mean.numel() > _MOST_NUMBERS:
        raise ValueError(f"its observed states have the shape {tuple(states.shape)}")
    return space.decode(states)


def _path_of(
    tensors: dict[str, Tensor], codes: Tensor, space: DynamicSpace
) -> tuple[Tensor, Tensor]:
    """Return the times of the codes and the state at the first."""
    times, start = tensors["times"], tensors["start"]
    if tuple(codes.shape[1:]) != space.shape or tuple(times.shape) != (len(codes),):
        raise ValueError(f"it has {len(times):,} times and codes of shape {tuple(codes.shape)}")
    rises = len(times) > 0 and bool((times.diff() > 0).all()) and bool(times.isfinite().all())
    if not rises or tuple(start.shape[-1:]) != (space.rank,) or start.numel() != space.rank:
        raise ValueError("its times do not rise, or its start is no state")
    return times, start


def _piece_of(
    tensors: dict[str, Tensor], index: int, piece: dict[str, object], start: Tensor
) -> Piece:
    begin, end = piece["begin"], piece["end"]
    assert isinstance(begin, int | float) and isinstance(end, int | float)
    if not -math.inf < begin < end < math.inf:
        raise ValueError(f"piece {index} goes from {begin} to {end}")
    return Piece(begin, end, _field_of(tensors, index, piece, start))


def _field_of(
    tensors: dict[str, Tensor], index: int, piece: dict[str, object], start: Tensor
) -> Field:
    """Make a field of stored weights, after they bore out the sizes it is said to have."""
    config, kind = piece["config"], FIELDS[str(piece["kind"])]
    assert isinstance(config, dict)
    prefix = f"pieces.{index}."
    state = {key[len(prefix) :]: part for key, part in tensors.items() if key.startswith(prefix)}
    if 2 * int(config.get("depth", 1)) > len(state) or int(config.get("waves", 0)) > _MOST_WAVES:
        raise ValueError(f"field {index} has {len(state)} tensors for {quoted(config)}")
    if kind.shapes(config) != {name: tuple(part.shape) for name, part in state.items()}:
        raise ValueError(f"the weights of field {index} do not have the sizes it says")
    field = kind(**config)
    field.load_state_dict(state)
    field = field.to(dtype=start.dtype if start.dtype.is_floating_point else torch.float32)
    with torch.no_grad():
        velocity = field(torch.zeros((), dtype=torch.float64), start.reshape(1, -1))
    if tuple(velocity.shape) != (1, start.numel()):
        raise ValueError(f"field {index} moves states of another width")
    return field
