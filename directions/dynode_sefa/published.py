"""Closed-form factors: `{"ckpt": path, "eigvec": V}`, one direction per column."""

from __future__ import annotations

from torch import Tensor

from dynode.direction import Direction, LinearDirection
from dynode.errors import DirectionFileError
from dynode.importing import PublishedFile, check_offset


def holds_factors(file: PublishedFile) -> bool:
    """Tell whether a file holds factors."""
    return isinstance(file.content, dict) and isinstance(file.content.get("eigvec"), Tensor)


def read_factors(file: PublishedFile) -> list[Direction]:
    """Read every column, in order.

    Raises:
        DirectionFileError: The factors are no matrix, or one of them is zero or not finite.
    """
    assert isinstance(file.content, dict)
    factors: Tensor = file.content["eigvec"]
    if factors.ndim != 2:
        raise DirectionFileError(
            f"{file.path.name} holds factors of shape {tuple(factors.shape)}; expected (width, k); "
            f"compute them again"
        )
    digits = len(str(factors.shape[1] - 1))
    return [
        _factor(file, f"{index:0{digits}d}", factors[:, index]) for index in range(factors.shape[1])
    ]


def _factor(file: PublishedFile, number: str, column: Tensor) -> Direction:
    check_offset(f"factor {number} of {file.path.name}", column)
    info = file.info(
        name=f"factor-{number}",
        method="sefa",
        options={"factor": int(number), "published_shape": [1, len(column)]},
        unit="length 1 in W (the published degree is 5)",
    )
    named = f"{info.name}-{number}" if file.request.name else info.name
    return LinearDirection(column.clone(), info=info).with_info(name=named)
