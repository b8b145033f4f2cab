"""Write a direction in the form others publish and read."""

from __future__ import annotations

from pathlib import Path

from dynode.direction.base import Direction
from dynode.errors import DirectionFileError, OptionError
from dynode.importing.recognition import find_format, formats
from dynode.importing.vectors import Arrays
from dynode.plugins.boundary import at_work
from dynode.plugins.formats import Format


def export_direction(
    direction: Direction, path: Path, *, scaled: bool = False, format: str = ""
) -> str:
    """Write a direction in a published form.

    Args:
        direction: What to write.
        path: Its suffix says the form: `.npy`, `.pt` or `.npz` for plain arrays, whatever a registered
            format writes for kinds that arrays do not tell.
        scaled: Multiply the offset by the calibrated scale, so that 1 there is strength 1 here;
            without it the offset is as it was found or imported.
        format: Name of the format; empty for plain arrays, or the only other one that fits.

    Returns:
        What was written, in words.

    Raises:
        DirectionFileError: The direction has no published form of this suffix.
        OptionError: Several formats would write it; one is to be named.
    """
    able = [each for each in formats() if each.suffixes(direction)]
    if format:
        able = [each for each in able if each.name == find_format(format).name]
    fitting = [each for each in able if path.suffix in each.suffixes(direction)]
    if not fitting:
        raise DirectionFileError(_explain(direction, path, able))
    plain = [each for each in fitting if isinstance(each, Arrays)]
    if len(fitting) > 1 and not plain:
        names = ", ".join(each.name for each in fitting)
        raise OptionError(f"{path.name} could be of the formats {names}; say which with --format")
    scale = direction.info.scale if scaled else 1.0
    chosen = (plain or fitting)[0]
    with at_work(f"format {chosen.name!r}, writing {path.name}"):
        return chosen.write(direction, path, scale=scale)


def _explain(direction: Direction, path: Path, able: list[Format]) -> str:
    if not able:
        return (
            f"{direction.info.name!r} moves {direction.moves}, for which nothing installed here has a "
            f"published form; keep it as .safetensors"
        )
    forms = "; ".join(f"{' or '.join(each.suffixes(direction))} ({each.name})" for each in able)
    return f"cannot export {direction.info.name!r} to {path.name}; expected {forms}; name the target so"
