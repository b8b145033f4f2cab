"""Losses of a run as a picture, drawn while it goes on."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from PIL import Image, ImageDraw

from dynode.files import written

_SIZE = (720, 240)
_MARGIN = 44
_COLOURS = ("#1f5fa8", "#c0392b", "#2e8b57", "#b8860b")
_MOST_POINTS = 600
PANELS = (("generator", "discriminator"), ("penalty",), ("real_sign", "augment"))

_Curve = list[tuple[int, float]]


def plot_losses(folder: Path) -> None:
    """Draw `losses.png` of the log of a run."""
    curves = _curves(folder / "log.jsonl")
    panels = [[name for name in names if curves[name]] for names in PANELS]
    panels = [names for names in panels if names]
    if not panels:
        return
    sheet = Image.new("RGB", (_SIZE[0], _SIZE[1] * len(panels)), "white")
    for row, names in enumerate(panels):
        sheet.paste(_panel({name: curves[name] for name in names}), (0, row * _SIZE[1]))
    with written(folder / "losses.png") as temporary:
        sheet.save(temporary)


def _curves(log: Path) -> dict[str, _Curve]:
    curves = defaultdict[str, _Curve](list)
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    for line in lines:
        figures = json.loads(line)
        for name, value in figures.items():
            curves[name].append((figures["step"], float(value)))
    return curves


def _panel(curves: dict[str, _Curve]) -> Image.Image:
    panel = Image.new("RGB", _SIZE, "white")
    draw = ImageDraw.Draw(panel)
    points = [point for curve in curves.values() for point in curve]
    last = max(step for step, _ in points)
    low, high = min(0.0, *(value for _, value in points)), max(value for _, value in points)
    high = high if high > low else low + 1
    width, height = _SIZE[0] - 2 * _MARGIN, _SIZE[1] - 2 * _MARGIN

    def at(step: int, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low)
        return _MARGIN + width * step / max(1, last), _SIZE[1] - _MARGIN - height * share

    draw.line([at(0, high), at(0, low), at(last, low)], fill="#888888")
    draw.text((4, at(0, high)[1] - 6), f"{high:.3g}", fill="black")
    draw.text((4, at(0, low)[1] - 6), f"{low:.3g}", fill="black")
    draw.text((at(last, low)[0] - 40, at(0, low)[1] + 6), f"step {last}", fill="black")
    for index, (name, curve) in enumerate(curves.items()):
        thinned = curve[:: max(1, len(curve) // _MOST_POINTS)]
        draw.line([at(step, value) for step, value in thinned], fill=_COLOURS[index], width=2)
        draw.text((_MARGIN + 150 * index, 14), name, fill=_COLOURS[index])
    return panel
