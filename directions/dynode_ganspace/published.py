"""GANSpace's principal components: a dictionary of mean, components and standard deviations."""

from __future__ import annotations

from torch import Tensor

from dynode.direction import Direction, LinearDirection
from dynode.errors import DirectionFileError
from dynode.importing import PublishedFile, check_offset

_NAMES = (("comp", "std"), ("lat_comp", "lat_stdev"))


def holds_components(file: PublishedFile) -> bool:
    """Tell whether a file holds components with their deviations."""
    return any(comp in file.tensors and std in file.tensors for comp, std in _NAMES)


def read_components(file: PublishedFile) -> list[Direction]:
    """Read every component, in order; strength 1 is one standard deviation of it.

    Raises:
        DirectionFileError: Shapes do not agree, or a component is zero or not finite.
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
    return [
        _component(file, f"{index:0{digits}d}", vectors[index], float(deviations[index]))
        for index in range(len(comp))
    ]


def _component(file: PublishedFile, number: str, vector: Tensor, deviation: float) -> Direction:
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
