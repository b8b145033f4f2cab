"""The rows of a benchmark of directions, and the table and the document that tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from dynode_bench.reporting.chart import Line, line_chart

_HEAD = (
    "| attribute | method | effect (σ) | leakage at 1 σ | of codes | identity at 1 σ | monotone | seconds | "
    "renders | |",
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
)


@dataclass(frozen=True)
class Row:
    """One method on one attribute.

    Attributes:
        attribute: What was asked for.
        method: Name of the method.
        effect: Mean change of the attribute at strength 1, in its standard deviations.
        leakage: Mean absolute change of the other attributes where the effect is 1.
        planted: The same, read off the codes, in which attributes are planted; None where they are not.
        identity: Root mean square change of the attributes that say who it is, there.
        monotone: Share of the steps of growing strength at which the attribute of a picture grows.
        seconds: Processor time of finding the direction.
        renders: Pictures drawn for that.
        curve: (strength, effect, leakage), for a plot.
        note: Which component was taken, or why there are no figures.
    """

    attribute: str
    method: str
    effect: float | None = None
    leakage: float | None = None
    planted: float | None = None
    identity: float | None = None
    monotone: float | None = None
    seconds: float = 0.0
    renders: int = 0
    curve: tuple[tuple[float, float, float], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class DirectionBench:
    """What a benchmark found.

    Attributes:
        rows: One a method and attribute.
        spec: What it was measured on, by name.
    """

    name: ClassVar[str] = "directions"
    rows: Sequence[Row]
    spec: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> DirectionBench:
        """Read what `document` returned."""
        rows = [
            Row(**{**row, "curve": tuple(map(tuple, row["curve"]))}) for row in document["rows"]
        ]
        return cls(rows, document["spec"])

    def document(self) -> dict[str, object]:
        """Return everything as JSON can hold it."""
        rows = [asdict(row) for row in self.rows]
        return {"bench": self.name, "spec": dict(self.spec), "rows": rows}

    def table(self) -> str:
        """Write the rows as a Markdown table, with the mean of each method below."""
        told = "; ".join(f"{name}: {value}" for name, value in self.spec.items())
        rows = [*_HEAD, *(_line(row) for row in self.rows)]
        return "\n".join([told, "", *rows, "", self.summary()])

    def plot(self) -> str:
        """Draw leakage over effect, a line a method: means over the attributes that it moves, as SVG."""
        lines = [
            Line(method, _mean_curve([row.curve for row in own if row.leakage is not None]))
            for method, own in self._by_method()
        ]
        return line_chart(
            lines,
            x="effect (standard deviations of the attribute)",
            y="leakage (σ, lower is better, powers of ten)",
            title="Leakage over effect, means over attributes",
            log_y=True,
        )

    def summary(self) -> str:
        """Write the mean of each method over its attributes, as a Markdown table."""
        lines = [
            "| mean | attributes | leakage at 1 σ | of codes | identity at 1 σ | seconds | renders |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for method, own in self._by_method():
            good = [row for row in own if row.leakage is not None]
            told = " | ".join(
                _mean(figures)
                for figures in zip(*((r.leakage, r.planted, r.identity) for r in good), strict=True)
            )
            seconds = sum(row.seconds for row in own) / len(own)
            renders = sum(row.renders for row in own) / len(own)
            figures = f"{told or ' |  | '} | {seconds:.1f} | {renders:,.0f}"
            lines.append(f"| {method} | {len(good)} of {len(own)} | {figures} |")
        return "\n".join(lines)

    def _by_method(self) -> list[tuple[str, list[Row]]]:
        methods = dict.fromkeys(row.method for row in self.rows)
        return [(name, [row for row in self.rows if row.method == name]) for name in methods]


def _line(row: Row) -> str:
    figures = " | ".join(
        _told(part) for part in (row.effect, row.leakage, row.planted, row.identity, row.monotone)
    )
    cost = f"{row.seconds:.1f} | {row.renders:,}"
    return f"| {row.attribute} | {row.method} | {figures} | {cost} | {row.note} |"


def _mean_curve(
    curves: Sequence[tuple[tuple[float, float, float], ...]],
) -> list[tuple[float, float]]:
    """Average the effects and the leaks of curves strength by strength."""
    if not curves:
        return []
    columns = zip(*curves, strict=True)
    return [(sum(p[1] for p in at) / len(at), sum(p[2] for p in at) / len(at)) for at in columns]


def _told(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def _mean(figures: Sequence[float | None]) -> str:
    held = [figure for figure in figures if figure is not None]
    return f"{sum(held) / len(held):.3f}" if held else ""
