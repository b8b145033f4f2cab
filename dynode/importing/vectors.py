"""Plain vectors: boundaries, offsets, anybody's arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from dynode.direction.base import Direction
from dynode.direction.linear import LinearDirection
from dynode.direction.z import ZDirection
from dynode.errors import DirectionFileError
from dynode.generator.protocol import Generator
from dynode.importing.codes import why_codes
from dynode.importing.request import PublishedFile, Space
from dynode.importing.writing import write_content
from dynode.plugins.formats import Format


@dataclass(frozen=True)
class ArrayName:
    """What the name of a published array says.

    Attributes:
        name: Name of the direction; empty for one made from file and array name.
        space: `z` or `w`.
        method: What found it.
        generator: What it belongs to, in the words of its publisher.
    """

    name: str = ""
    space: Space = "w"
    method: str = ""
    generator: str = ""


class Arrays(Format):
    """One array, or several named ones: boundaries, anybody's vectors.

    Read are (w,) and (1, w), which move every row alike, (rows, w) and (1, rows, w), which move each row
    its own way; element types are kept. Written is what `Direction.arrays` gives.
    """

    name = "arrays"
    summary = "plain arrays: (width,), (rows, width), alone or by name"
    takes_space = True

    def recognise(self, file: PublishedFile) -> bool:
        """See `Format.recognise`."""
        return isinstance(file.content, Tensor) or bool(file.tensors)

    def read(
        self, file: PublishedFile, options: object, *, generator: Generator | None = None
    ) -> list[Direction]:
        """Read every vector of a file; see `read_arrays`."""
        return read_arrays(file)

    def suffixes(self, direction: Direction) -> tuple[str, ...]:
        """See `Format.suffixes`: numpy and torch, for one array or several."""
        arrays = direction.arrays()
        if arrays is None:
            return ()
        return (".npy", ".pt") if isinstance(arrays, Tensor) else (".npz", ".pt")

    def write(self, direction: Direction, path: Path, *, scale: float) -> str:
        """See `Format.write`."""
        arrays = direction.arrays(scale)
        if isinstance(arrays, Tensor):
            write_content(path, arrays.contiguous())
            return f"an array {tuple(arrays.shape)}"
        assert arrays is not None
        write_content(path, dict(arrays))
        return f"arrays by name: {', '.join(arrays)}"


def array_names(file: PublishedFile) -> list[str]:
    """List the arrays of a file of nothing else by name, `""` for a single one; empty for other files."""
    return [""] if isinstance(file.content, Tensor) else list(file.tensors)


def read_arrays(
    file: PublishedFile, told: Callable[[str], ArrayName] = lambda key: ArrayName()
) -> list[Direction]:
    """Read every vector of a file of plain arrays.

    Args:
        file: Its arrays are (w,) and (1, w), which move every row alike, or (rows, w) and (1, rows, w).
        told: What the file's name with that of an array in it says, for methods that publish plain arrays.

    Raises:
        DirectionFileError: An array is no direction: of another shape, zero, not finite, or codes.
    """
    if isinstance(file.content, Tensor):
        return [_read_one(file, file.content, "", told(""))]
    return [_read_one(file, tensor, key, told(key)) for key, tensor in file.tensors.items()]


def _read_one(file: PublishedFile, tensor: Tensor, key: str, told: ArrayName) -> Direction:
    where = f"{key!r} in {file.path.name}" if key else file.path.name
    shape = tuple(tensor.shape)
    if not tensor.is_floating_point() or tensor.numel() < 2:
        raise DirectionFileError(
            f"{where} has shape {shape} and type {str(tensor.dtype).removeprefix('torch.')}; expected "
            f"real vectors such as (1, width) or (1, rows, width); check that it is the right file"
        )
    reason = "" if file.request.take_as == "direction" else why_codes(file.path, tensor, key)
    if reason:
        raise DirectionFileError(
            f"{where} holds latent codes, not a direction ({reason}); edit them as the SOURCE of "
            f"'dynode edit', or import it with --as direction if it is one"
        )
    delta = _squeezed(where, tensor)
    check_offset(where, delta)
    info = file.info(
        key,
        name=told.name,
        method=told.method,
        generator=told.generator,
        unit=_unit(delta),
        options={"published_shape": list(shape)},
    )
    space = file.request.space or told.space
    if space == "w":
        return LinearDirection(delta, info=info)
    if delta.ndim != 1:
        raise DirectionFileError(
            f"{where} has shape {shape}; a direction in Z is one row; leave --space z out"
        )
    return ZDirection(delta, info=info)


def _squeezed(where: str, tensor: Tensor) -> Tensor:
    """Drop leading axes of length 1, then a row axis of length 1."""
    shape = tuple(tensor.shape)
    while tensor.ndim > 2 and tensor.shape[0] == 1:
        tensor = tensor[0]
    if tensor.ndim == 2 and tensor.shape[0] == 1:
        tensor = tensor[0]
    if tensor.ndim > 2 or tensor.shape[-1] < 2:
        raise DirectionFileError(
            f"{where} has shape {shape}; expected (width,), (1, width), (rows, width) or "
            f"(1, rows, width); take out the part that is the direction"
        )
    return tensor.contiguous()


def check_offset(where: str, delta: Tensor) -> None:
    """Refuse an offset that is not finite, or moves nothing.

    Raises:
        DirectionFileError: It is one of these.
    """
    if not bool(delta.isfinite().all()):
        count = int((~delta.isfinite()).sum())
        raise DirectionFileError(
            f"{where} holds {count} values that are not finite; expected numbers; get the file again"
        )
    if not bool(delta.any()):
        raise DirectionFileError(
            f"{where} is zero everywhere, so it moves nothing; expected an offset; get the file again"
        )


def _unit(delta: Tensor) -> str:
    length = float(delta.double().norm())
    if delta.ndim == 2:
        return f"the published offset, length {length:.4g} over {len(delta)} rows"
    return f"the published offset, length {length:.4g} in every row"
