"""GANSpace's principal components: a dictionary of mean, components and standard deviations."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from dynode.direction import Direction, LinearDirection
from dynode.errors import DirectionFileError
from dynode.importing import PublishedFile, check_offset

_NAMES = (("comp", "std"), ("lat_comp", "lat_stdev"))
_MEANS = ("mean", "lat_mean")


def holds_components(file: PublishedFile) -> bool:
    """Tell whether a file holds components with their deviations."""
    return any(comp in file.tensors and std in file.tensors for comp, std in _NAMES)


def read_components(file: PublishedFile, *, set_coordinate: bool = False) -> list[Direction]:
    """Read every component, in order; strength 1 is one standard deviation of it.

    Args:
        file: What was read.
        set_coordinate: Make directions that set the coordinate, instead of moving by it.

    Raises:
        DirectionFileError: Shapes do not agree, a component is zero or not finite, or there is no mean
            to count coordinates from.
    """
    comp, std = next((file.tensors[c], file.tensors[s]) for c, s in _NAMES if c in file.tensors)
    deviations = std.reshape(-1)
    if comp.shape[0] != len(deviations) or comp.numel() != comp.shape[0] * comp.shape[-1]:
        raise DirectionFileError(
            f"{file.path.name} holds components {tuple(comp.shape)} with deviations "
            f"{tuple(std.shape)}; expected (k, 1, width) and (k,); export it again"
        )
    digits = len(str(len(comp) - 1))
    vectors = comp.reshape(len(comp), -1)
    moving = [
        _component(file, f"{index:0{digits}d}", vectors[index], float(deviations[index]))
        for index in range(len(comp))
    ]
    if not set_coordinate:
        return list(moving)
    mean = _mean(file, vectors.shape[1])
    return [setting(direction, mean) for direction in moving]


def setting(direction: LinearDirection, mean: Tensor) -> Direction:
    """Make of a component that codes are moved by one whose coordinate is set.

    Args:
        direction: The component, (w_dim,), with its rows.
        mean: (w_dim,), where coordinates are counted from.
    """
    from dynode_ganspace.coordinate import CoordinateDirection

    info = replace(
        direction.info,
        unit=f"{direction.info.unit}, counted from the mean code; the coordinate is set",
        options={**direction.info.options, "set_coordinate": True},
    )
    return CoordinateDirection(direction.delta, mean.to(direction.delta), direction.rows, info=info)


def _mean(file: PublishedFile, width: int) -> Tensor:
    found = next((file.tensors[name] for name in _MEANS if name in file.tensors), None)
    if found is None or found.numel() != width:
        shape = None if found is None else tuple(found.shape)
        raise DirectionFileError(
            f"{file.path.name} holds the mean {shape}; expected (1, {width}) under the name 'mean', from "
            f"which a coordinate is counted that is to be set; leave --set-coordinate out to move by it"
        )
    return found.reshape(-1)


def _component(
    file: PublishedFile, number: str, vector: Tensor, deviation: float
) -> LinearDirection:
    check_offset(f"component {number} of {file.path.name}", vector)
    if not 0 < deviation < float("inf"):
        raise DirectionFileError(
            f"component {number} of {file.path.name} has the deviation {deviation}; expected a number "
            f"above 0; export it again"
        )
    info = file.info(
        name=f"component-{number}",
        method="ganspace",
        options={"component": int(number), "published_shape": [1, len(vector)]},
        unit="one standard deviation of the component over the generator's codes",
        scale=deviation,
    )
    named = f"{info.name}-{number}" if file.request.name else info.name
    return LinearDirection(vector.clone(), info=info).with_info(name=named)
