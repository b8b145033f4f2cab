"""Latent codes in published files, and telling them from directions."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import DirectionFileError
from dynode.importing.reading import read_content
from dynode.importing.request import ImportRequest, full_name
from dynode.latents.latents import Latents

_MOST_ROWS = 64
"""More rows than any generator has: a taller array is a list of codes."""
_LONGEST_STEP = 50.0
"""No published direction is longer per row; codes inverted without regularisation are."""
_CODE_NAMES = re.compile(r"(^|[^a-z])(latents?|codes?|w_?plus|ws|inverted|inversions?)([^a-z]|$)")
_DIRECTION_NAMES = re.compile(
    r"(^|[^a-z])(d_latent\w*|directions?|boundar(y|ies)|delta|edit)([^a-z]|$)"
)


def why_codes(path: Path, tensor: Tensor, key: str = "") -> str:
    """Say why an array is taken for latent codes rather than a direction; empty if it is not.

    A single (1, rows, width) array can be either. It is told by, in this order: the number of
    samples, the name, the length of its rows.

    Args:
        path: File it came from.
        tensor: The array.
        key: Its name in the file.
    """
    shape = tuple(tensor.shape)
    samples = [size for size in shape[:-2] if size > 1]
    if samples and tensor.ndim >= 3:
        return f"{samples[0]} samples of shape {shape[-2:]}"
    if tensor.ndim == 2 and shape[0] > _MOST_ROWS:
        return f"{shape[0]} rows"
    if tensor.ndim < 2 or shape[-2] == 1:
        return ""
    name = full_name(path, key).lower()
    if _DIRECTION_NAMES.search(name):
        return ""
    if found := _CODE_NAMES.search(name):
        return f"its name says {found[2]!r}"
    length = float(tensor.reshape(-1, shape[-1]).double().norm(dim=1).mean())
    return f"rows of length {length:.0f}" if length > _LONGEST_STEP else ""


def import_codes(
    path: str | Path, request: ImportRequest | None = None, *, rows: int | None = None
) -> Latents:
    """Read latent codes of a published file.

    Args:
        path: An array (n, rows, width), (n, 1, rows, width), (rows, width), or a list of them, in
            any container; or what the projector of stylegan2-pytorch saves: for each picture its
            name and `latent` (rows, width) or (width,).
        request: `take_as="codes"` accepts an array that looks like a direction.
        rows: Rows of the generator's codes, to repeat a code of W; None accepts W+ alone.

    Returns:
        The codes in W+ as float32.

    Raises:
        DirectionFileError: The file holds a direction, or arrays of another shape.
        CheckpointError: It cannot be read.
    """
    path = Path(path)
    asked = request or ImportRequest()
    arrays = _arrays(path, read_content(path))
    codes = [_as_codes(path, key, _repeated(array, key, rows), asked) for key, array in arrays]
    shapes = {tuple(part.shape[1:]) for part in codes}
    if len(shapes) > 1:
        raise DirectionFileError(
            f"{path.name} holds codes of several shapes ({', '.join(map(str, sorted(shapes)))}); expected "
            f"codes of one generator; split the file"
        )
    return Latents(torch.cat(codes))


def _arrays(path: Path, content: object) -> list[tuple[str, Tensor]]:
    match content:
        case Tensor():
            return [("", content)]
        case list() | tuple() if content and all(isinstance(part, Tensor) for part in content):
            return [(str(index), part) for index, part in enumerate(content)]
        case dict() if projected := _projected(path, content):
            return projected
        case dict():
            named = [(str(key), part) for key, part in content.items() if isinstance(part, Tensor)]
            codes = [pair for pair in named if pair[1].is_floating_point() and pair[1].ndim >= 2]
            if codes:
                return codes
    raise DirectionFileError(
        f"{path.name} holds {type(content).__name__} without arrays of codes; expected "
        f"(n, rows, width); check that it is the right file"
    )


def _projected(path: Path, content: dict[object, object]) -> list[tuple[str, Tensor]]:
    """Take the codes out of what the projector of stylegan2-pytorch saves for each picture."""
    found = list[tuple[str, Tensor]]()
    has_noise = False
    for name, entry in content.items():
        if isinstance(entry, dict) and isinstance(entry.get("latent"), Tensor):
            found.append((f"latent of {name}", entry["latent"]))
            has_noise = has_noise or bool(entry.get("noise"))
    if has_noise:
        warnings.warn(
            f"{path.name} also holds the noise its pictures were projected with, which codes do not "
            f"keep; they are drawn with the generator's own noise",
            stacklevel=4,
        )
    return found


def _repeated(array: Tensor, key: str, rows: int | None) -> Tensor:
    """Repeat a code of W, (width,), (n, 1, width) or a named (1, width), for every row."""
    is_named = bool(_CODE_NAMES.search(key.lower()))
    if rows is None or not (
        (array.ndim == 1 and is_named)
        or (array.ndim == 2 and len(array) == 1 and is_named)
        or (array.ndim == 3 and array.shape[1] == 1)
    ):
        return array
    return array.reshape(-1, 1, array.shape[-1]).expand(-1, rows, -1)


def _as_codes(path: Path, key: str, array: Tensor, request: ImportRequest) -> Tensor:
    where = f"{key!r} in {path.name}" if key else path.name
    shape = f"{tuple(array.shape)} {str(array.dtype).removeprefix('torch.')}"
    squeezed = array[:, 0] if array.ndim == 4 and array.shape[1] == 1 else array
    squeezed = squeezed[None] if squeezed.ndim == 2 else squeezed
    if squeezed.ndim != 3 or not array.is_floating_point() or squeezed.shape[1] < 2:
        raise DirectionFileError(
            f"{where} has shape {shape}; expected codes in W+, (n, rows, width); a direction is imported "
            f"with 'dynode directions import'"
        )
    if not bool(array.isfinite().all()):
        raise DirectionFileError(f"{where} holds codes that are not finite; get the file again")
    if request.take_as != "codes" and not key.isdigit() and not why_codes(path, array, key):
        raise DirectionFileError(
            f"{where} is a direction, by its name and size, not latent codes; pass it to --direction "
            f"after 'dynode directions import', which takes --as codes if it holds codes"
        )
    return squeezed.float().contiguous()
