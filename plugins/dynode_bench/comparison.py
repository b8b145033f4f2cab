"""A benchmark's result as rows of figures: the table, the plot and the document that tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynode_bench.reporting.chart import Line, line_chart

Cell = float | int | str | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class Comparison:
    """What a benchmark found.

    Attributes:
        name: What was compared, such as `inverters`.
        spec: What it was measured on, by name.
        rows: Figures by column; all rows have the columns of the first one.
        across: Columns of the plot: what names a mark, what is to the right, what is upwards.
    """

    name: str
    spec: Mapping[str, str]
    rows: Sequence[Row]
    across: tuple[str, str, str]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Comparison:
        """Read what `document` returned."""
        return cls(document["bench"], document["spec"], document["rows"], tuple(document["across"]))

    def document(self) -> dict[str, object]:
        """Return everything as JSON can hold it."""
        return {
            "bench": self.name,
            "spec": dict(self.spec),
            "rows": [dict(row) for row in self.rows],
            "across": list(self.across),
        }

    def table(self) -> str:
        """Write the rows as a Markdown table."""
        told = "; ".join(f"{name}: {value}" for name, value in self.spec.items())
        return f"{told}\n\n{self.summary()}"

    def summary(self) -> str:
        """Write the rows alone."""
        names = list(self.rows[0]) if self.rows else []
        numbers = [
            not any(isinstance(row[name], str) for row in self.rows if row[name]) for name in names
        ]
        lines = [
            f"| {' | '.join(names)} |",
            "|" + "|".join("---:" if number else "---" for number in numbers) + "|",
        ]
        lines += [f"| {' | '.join(_told(row[name]) for name in names)} |" for row in self.rows]
        return "\n".join(lines)

    def plot(self) -> str:
        """Draw one mark a row, as SVG; a row that has no place and does not say why is left out."""
        name, x, y = self.across
        lines = [
            Line(str(row[name]), ((float(row[x]), float(row[y])),) if _has(row, x, y) else ())  # type: ignore[arg-type]  # `_has` looked
            for row in self.rows
            if _has(row, x, y) or row.get("note")
        ]
        return line_chart(list(dict.fromkeys(lines)), x=x, y=y, title=f"{y} over {x}")


def _has(row: Row, *names: str) -> bool:
    return all(isinstance(row[name], int | float) for name in names)


def _told(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell).replace("|", "/")
