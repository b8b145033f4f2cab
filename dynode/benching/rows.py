"""The rows of a benchmark of directions, and the table and the document that tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

_HEAD = (
    "| attribute | method | effect (σ) | leakage at 1 σ | identity at 1 σ | monotone | seconds | renders | |",
    "|---|---|---:|---:|---:|---:|---:|---:|---|",
)


@dataclass(frozen=True)
class Row:
    """One method on one attribute.

    Attributes:
        attribute: What was asked for.
        method: Name of the method.
        effect: Mean change of the attribute at strength 1, in its standard deviations.
        leakage: Mean absolute change of the other attributes where the effect is 1.
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

    rows: Sequence[Row]
    spec: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """Return everything as JSON can hold it."""
        return {"spec": dict(self.spec), "rows": [asdict(row) for row in self.rows]}

    def table(self) -> str:
        """Write the rows as a Markdown table, with the mean of each method below."""
        told = "; ".join(f"{name}: {value}" for name, value in self.spec.items())
        lines = [told, "", *_HEAD, *(_line(row) for row in self.rows)]
        lines += [
            "",
            "| mean | attributes | leakage at 1 σ | identity at 1 σ | seconds | renders |",
        ]
        lines += ["|---|---:|---:|---:|---:|---:|", *self._means()]
        return "\n".join(lines)

    def _means(self) -> list[str]:
        lines = []
        for method in dict.fromkeys(row.method for row in self.rows):
            own = [row for row in self.rows if row.method == method]
            good = [row for row in own if row.leakage is not None]
            told = [_mean([row.leakage for row in good]), _mean([row.identity for row in good])]
            seconds = sum(row.seconds for row in own) / len(own)
            renders = sum(row.renders for row in own) / len(own)
            figures = f"{told[0]} | {told[1]} | {seconds:.1f} | {renders:,.0f}"
            lines.append(f"| {method} | {len(good)} of {len(own)} | {figures} |")
        return lines


def _line(row: Row) -> str:
    figures = " | ".join(
        _told(part) for part in (row.effect, row.leakage, row.identity, row.monotone)
    )
    cost = f"{row.seconds:.1f} | {row.renders:,}"
    return f"| {row.attribute} | {row.method} | {figures} | {cost} | {row.note} |"


def _told(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def _mean(figures: Sequence[float | None]) -> str:
    held = [figure for figure in figures if figure is not None]
    return f"{sum(held) / len(held):.3f}" if held else ""
