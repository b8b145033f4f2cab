"""Charts of lines as SVG: one text, no library, no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# Okabe and Ito's colours, which colour-blind people tell apart; dashes tell the second round.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("", "6 3", "2 3")
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 190, 34, 48
_ROW = 18
_LETTER, _MARK = 7, 54  # pixels of the legend: a letter at most, and what stands before the first
_TICKS = 6


@dataclass(frozen=True)
class Line:
    """Points that belong together.

    Attributes:
        name: What the legend says.
        points: (x, y), in the order they are joined.
    """

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Axis:
    """Values from `low` to `high` on pixels from `start` to `stop`."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.stop - self.start), 1)

    def ticks(self) -> list[float]:
        step = _round_step((self.high - self.low) / _TICKS)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(index * step, 12) for index in range(first, last + 1)]


class _LogAxis(_Axis):
    """Values above zero, each power of ten as long as the next."""

    def at(self, value: float) -> float:
        return _Axis(math.log10(self.low), math.log10(self.high), self.start, self.stop).at(
            math.log10(value)
        )

    def ticks(self) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)))
        every = [float(f"{part}e{power}") for power in powers for part in (1, 2, 5)]
        return [value for value in every if self.low <= value <= self.high]


def line_chart(
    lines: Sequence[Line],
    *,
    x: str,
    y: str,
    title: str = "",
    size_px: tuple[int, int] = (760, 420),
    log_y: bool = False,
) -> str:
    """Draw lines with axes and a legend; lines without finite points are left to the legend.

    Args:
        lines: What is drawn; a line of one point is a mark.
        x: Label of the axis.
        y: Label of the axis.
        title: What stands above.
        size_px: Width and height, more where the legend needs them.
        log_y: Whether upwards are powers of ten; points that are not above zero are left out.

    Returns:
        An `<svg>` element.
    """
    room = max(_RIGHT, _LETTER * max((len(_legend(line)) for line in lines), default=0) + _MARK)
    width = size_px[0] - _RIGHT + room
    height = max(size_px[1], _TOP + _BOTTOM + _ROW * len(lines))
    drawn = [Line(line.name, [p for p in line.points if _fits(p, log_y)]) for line in lines]
    across = _axis([p[0] for line in drawn for p in line.points], _LEFT, width - room)
    up = (_log_axis if log_y else _axis)(
        [p[1] for line in drawn for p in line.points], height - _BOTTOM, _TOP
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title or f'{y} over {x}')}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_grid(across, up, x, y),
    ]
    parts += [part for i, line in enumerate(drawn) for part in _line(line, i, across, up)]
    return "\n".join([*parts, "</svg>"])


def _fits(point: tuple[float, float], log_y: bool) -> bool:
    return all(map(math.isfinite, point)) and (point[1] > 0 or not log_y)


def _log_axis(values: Sequence[float], start: float, stop: float) -> _Axis:
    low, high = min(values, default=1.0), max(values, default=10.0)
    return _LogAxis(low / 1.2, high * 1.2, start, stop)


def _axis(values: Sequence[float], start: float, stop: float) -> _Axis:
    low, high = min([0.0, *values]), max([0.0, *values])
    if high == low:
        high = low + 1
    room = 0.04 * (high - low)
    return _Axis(low - (room if low < 0 else 0), high + (room if high > 0 else 0), start, stop)


def _round_step(step: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(step))
    return next(power * part for part in (1, 2, 5, 10) if power * part >= step * (1 - 1e-9))


def _grid(across: _Axis, up: _Axis, x: str, y: str) -> list[str]:
    parts = []
    for value in across.ticks():
        at = across.at(value)
        parts.append(f'<path d="M{at} {up.start}V{up.stop}" stroke="#ddd"/>')
        place = f'x="{at}" y="{up.start + 16}" text-anchor="middle"'
        parts.append(f"<text {place}>{value:g}</text>")
    for value in up.ticks():
        at = up.at(value)
        parts.append(f'<path d="M{across.start} {at}H{across.stop}" stroke="#ddd"/>')
        place = f'x="{across.start - 6}" y="{at + 4}" text-anchor="end"'
        parts.append(f"<text {place}>{value:g}</text>")
    middle = (across.start + across.stop) / 2
    parts.append(f'<text x="{middle}" y="{up.start + 36}" text-anchor="middle">{escape(x)}</text>')
    turned = f'transform="translate(16 {(up.start + up.stop) / 2}) rotate(-90)"'
    parts.append(f'<text {turned} text-anchor="middle">{escape(y)}</text>')
    return parts


def _line(line: Line, index: int, across: _Axis, up: _Axis) -> list[str]:
    colour = _COLOURS[index % len(_COLOURS)]
    dash = _DASHES[index // len(_COLOURS) % len(_DASHES)]
    stroke = f'stroke="{colour}" stroke-width="2" fill="none" stroke-dasharray="{dash}"'
    places = [(across.at(a), up.at(b)) for a, b in line.points]
    parts = []
    if len(places) > 1:
        joined = " ".join(f"{a},{b}" for a, b in places)
        parts.append(f'<polyline points="{joined}" {stroke}/>')
    parts += [f'<circle cx="{a}" cy="{b}" r="3.5" fill="{colour}"/>' for a, b in places]
    row, left = up.stop + 8 + _ROW * index, across.stop + 14
    parts.append(f'<path d="M{left} {row}h22" {stroke}/>')
    parts.append(f'<circle cx="{left + 11}" cy="{row}" r="3.5" fill="{colour}"/>')
    parts.append(f'<text x="{left + 28}" y="{row + 4}">{escape(_legend(line))}</text>')
    return parts


def _legend(line: Line) -> str:
    return line.name if line.points else f"{line.name} (no figure)"
