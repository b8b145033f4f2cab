"""A table of labels: numbers people gave to pictures, by seed or by row of a latents file."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import OptionError, UnknownNameError
from dynode.files import reading
from dynode.generator.population import draw_labels, draw_z
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.quoting import quoted

_KEYS = ("seed", "index")


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Labels of pictures.

    Attributes:
        path: Where they come from.
        key: `seed` (as in `dynode generate --seeds`) or `index` (rows of a latents file).
        numbers: Seed or index of each row.
        columns: Names of the attributes.
        values: (rows, attributes).
    """

    path: Path
    key: str
    numbers: tuple[int, ...]
    columns: tuple[str, ...]
    values: Tensor

    def column(self, name: str) -> Tensor:
        """Return the labels of one attribute, (rows,); the only one if the name is empty.

        Raises:
            UnknownNameError: There is no such column.
        """
        if not name and len(self.columns) == 1:
            return self.values[:, 0]
        if name not in self.columns:
            raise UnknownNameError(f"column of {self.path.name}", name, self.columns)
        return self.values[:, self.columns.index(name)]


def read_labels(path: Path) -> LabelTable:
    """Read a CSV table: a header, then a number and one label an attribute per line.

    Raises:
        OptionError: It is absent, or a line of it cannot be used; the message names the line.
    """
    with (
        reading(path, "labels", "give a CSV file with a line a picture", error=OptionError),
        path.open(newline="", encoding="utf-8-sig") as stream,
    ):
        lines = [line for line in csv.reader(stream) if any(cell.strip() for cell in line)]
    head = [cell.strip() for cell in lines[0]] if lines else []
    if len(head) < 2 or head[0] not in _KEYS or len(set(head)) != len(head):
        raise OptionError(
            f"the header of {path.name} is {quoted(','.join(head) or 'absent')}; expected 'seed' or 'index', "
            f"then one name an attribute, such as seed,smile,glasses"
        )
    if len(lines) < 2:
        raise OptionError(f"{path.name} has a header and no labels; add one line a picture")
    rows = [_row(path, number, head, line) for number, line in enumerate(lines[1:], start=2)]
    numbers = tuple(int(row[0]) for row in rows)
    values = torch.tensor([row[1:] for row in rows], dtype=torch.float64)
    return LabelTable(path, head[0], numbers, tuple(head[1:]), values)


def _row(path: Path, number: int, head: list[str], line: list[str]) -> list[float]:
    try:
        row = [float(cell) for cell in line]
    except ValueError:
        row = []
    good = len(row) == len(head) and all(map(math.isfinite, row))
    if not good or row[0] < 0 or row[0] != int(row[0]) or row[0] >= 2**32:
        raise OptionError(
            f"line {number} of {path.name} is {','.join(line)[:60]!r}; expected {len(head)} numbers, "
            f"{','.join(head)[:60]}, the first whole and from 0 to {2**32 - 1}"
        )
    return row


def labelled_z(table: LabelTable, generator: Generator) -> Tensor:
    """Draw the normal vectors of the table's seeds.

    Raises:
        OptionError: The table counts rows of a latents file.
    """
    if table.key != "seed":
        raise OptionError(
            f"{table.path.name} labels rows of a latents file, whose z is not known; use --space w, or "
            f"label seeds"
        )
    info = generator.info
    return torch.cat([draw_z(info, 1, seed=seed) for seed in table.numbers])


def labelled_codes(
    table: LabelTable, generator: Generator, codes: Path | None, *, truncation: float
) -> Latents:
    """Find the codes of the table's pictures.

    Args:
        table: The labels.
        generator: Whose codes.
        codes: Latents file that `index` counts in.
        truncation: Of the pictures of seeds.

    Raises:
        OptionError: The latents file is absent or too short.
    """
    if table.key == "seed":
        z = labelled_z(table, generator).to(generator.device, generator.dtype)
        info = generator.info
        drawn = [draw_labels(info, 1, seed=seed) for seed in table.numbers]
        known = [label for label in drawn if label is not None]
        labels = torch.cat(known) if known else None
        with torch.inference_mode():
            mapped = generator.map(z, c=labels, truncation=truncation)
        return Latents(mapped.w.clone())
    if codes is None:
        raise OptionError(f"{table.path.name} counts rows of a latents file; name it with --codes")
    latents = Latents.load(codes, fingerprint=generator.info.fingerprint)
    if max(table.numbers) >= len(latents):
        raise OptionError(
            f"{table.path.name} labels row {max(table.numbers)}; {codes.name} holds {len(latents)} codes, "
            f"counted from 0"
        )
    return latents[list(table.numbers)].to(generator.device, generator.dtype)
