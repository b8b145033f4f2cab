"""Points in latent space as people name them: seeds, files of codes, pictures, in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from dynode import FaceSource
from dynode.errors import MediaError, OptionError, UnknownNameError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.pipeline import (
    SourceKind,
    open_source,
    parse_seeds,
    refuse_what_does_not_apply,
    sample_seeds,
    source_kind,
)
from dynode.plugins import Progress, silent

Point = int | Path | Latents
"""A seed, a file of codes or a picture, or codes in memory."""

PointsLike = int | str | Path | Latents | Sequence[int | str | Path | Latents]
"""What users give: one of them or several, such as `"0-3"`, `"a.png,7"` or `["a.png", 7]`."""

_MOST_POINTS = 10_000


def parse_points(given: PointsLike, option: str = "SOURCE") -> list[Point]:
    """Read points; a text that is the name of a file is that file, else it is divided at its commas.

    Args:
        given: See `PointsLike`.
        option: What they were given as, for messages.

    Raises:
        OptionError: A part is neither a file nor seeds, or there is none.
    """
    if isinstance(given, int):
        return [*parse_seeds(str(given), option)]
    if isinstance(given, Latents):
        return [given]
    if isinstance(given, Path):
        return [given]
    if isinstance(given, str):
        return _of_text(given, option)
    points = [point for one in given for point in parse_points(one, option)]
    if not points:
        raise OptionError(f"{option} is empty; expected seeds such as 0-3, codes or pictures")
    return points


def _of_text(text: str, option: str) -> list[Point]:
    if _is_there(text):
        return [Path(text)]
    points = list[Point]()
    for part in text.split(","):
        plain = part.strip()
        if _is_there(plain):
            points.append(Path(plain))
        elif plain.replace("-", "").isdecimal():
            points += parse_seeds(plain, option)
        else:
            raise OptionError(
                f"{option} is {plain!r}, which is no file and no seeds; expected seeds such as 0-3, a file "
                f"of codes or a picture"
            )
    return points


def _is_there(text: str) -> bool:
    try:
        return bool(text) and Path(text).exists()
    except (OSError, ValueError):  # too long, or with characters that no name has
        return False


def kind_of_point(point: Point) -> SourceKind:
    """Say what a point is.

    Raises:
        MediaError: It is a file that holds no point.
    """
    kind = "sampled" if isinstance(point, int) else source_kind(point)
    if kind in ("clip", "folder"):
        raise MediaError(
            f"{point} is a {kind}; expected a picture, codes or seeds: 'dynode invert' makes codes of it"
        )
    return kind


@dataclass(frozen=True)
class PointOptions:
    """How points become codes; each field as in `dynode.edit`.

    Attributes:
        truncation: Truncation ψ of the seeds; None for 0.7.
        inverter: Inverter of the pictures; None for that of the generator's domain.
        inverter_options: Its options by name.
        faces: Where the faces are in the pictures.
        seed: Seed of the inverter.
    """

    truncation: float | None = None
    inverter: str | None = None
    inverter_options: Mapping[str, Any] | None = None
    faces: FaceSource | None = None
    seed: int = 0

    @classmethod
    def of(cls, command: str, options: Mapping[str, Any]) -> Self:
        """Make options of keywords that a user gave.

        Raises:
            UnknownNameError: There is no such option.
        """
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                raise UnknownNameError(f"option of {command}", name, known)
        return cls(**options)

    def check(self, command: str, points: Sequence[Point]) -> None:
        """Refuse an option that applies to none of the points.

        Raises:
            OptionError: One of them does not; the message names it.
            MediaError: See `kind_of_point`.
        """
        kinds = dict.fromkeys(map(kind_of_point, points))
        given = {name: value for name, value in vars(self).items() if name != "seed"}
        refuse_what_does_not_apply(command, given, tuple(kinds))


@dataclass(frozen=True, eq=False)
class OpenedPoints:
    """Points with their codes.

    Attributes:
        points: What was named; a file of several codes stands here once for each.
        latents: Their codes.
        names: What to call them.
    """

    points: tuple[Point, ...]
    latents: Latents
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Count the points."""
        return len(self.latents)


def open_points(
    points: Sequence[Point],
    generator: Generator,
    options: PointOptions | None = None,
    *,
    progress: Progress = silent,
) -> OpenedPoints:
    """Get the codes of points.

    Args:
        points: From `parse_points`.
        generator: The generator that will draw them.
        options: How.
        progress: Called with the number of points.

    Raises:
        OptionError: There are too many.
        DynodeError: See `open_source`.
    """
    how = options or PointOptions()
    psi = 0.7 if how.truncation is None else how.truncation
    told, codes, names = list[Point](), list[Latents](), list[str]()
    for index, point in enumerate(points):
        found = _codes_of(point, generator, how, psi)
        _check_width(found, generator, point)
        codes.append(found.to(generator.device, generator.dtype))
        told += [point] * len(found)
        names += _names(point, len(found))
        progress(index + 1, len(points), names[-1])
        if len(told) > _MOST_POINTS:
            raise OptionError(f"there are more than {_MOST_POINTS} points; give fewer")
    return OpenedPoints(tuple(told), Latents.cat(codes), tuple(names))


def _codes_of(point: Point, generator: Generator, how: PointOptions, psi: float) -> Latents:
    if isinstance(point, int):
        return sample_seeds(generator, [point], truncation=psi)
    return open_source(
        point,
        generator,
        inverter=how.inverter,
        inverter_options=how.inverter_options,
        faces=how.faces,
        seed=how.seed,
    )


def _check_width(latents: Latents, generator: Generator, point: Point) -> None:
    info = generator.info
    shape, wanted = tuple(latents.w.shape[1:]), (info.num_layers, info.w_dim)
    if shape != wanted:
        name = point.name if isinstance(point, Path) else "the latents"
        raise OptionError(
            f"{name} holds codes of {shape[0]} rows of {shape[1]}; {info.name} takes {wanted[0]} rows of "
            f"{wanted[1]}: give codes of this generator, or name theirs with --generator"
        )


def _names(point: Point, count: int) -> list[str]:
    if isinstance(point, int):
        return [f"seed {point}"]
    stem = point.stem if isinstance(point, Path) else "codes"
    return [stem] if count == 1 else [f"{stem} {index}" for index in range(count)]
