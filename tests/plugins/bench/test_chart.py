"""A chart is one piece of SVG whose points are where the figures say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from dynode_bench.reporting import Line, line_chart


def circles(svg: str) -> list[tuple[float, float]]:
    """Centres of the marks, those of the legend too."""
    found = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")
    return [(float(mark.attrib["cx"]), float(mark.attrib["cy"])) for mark in found]


def test_points_are_where_their_values_are() -> None:
    svg = line_chart([Line("one", [(0, 0), (1, 1), (2, 3)])], x="x", y="y")

    (a, b), (c, d), (e, f), _legend = circles(svg)
    # to a tenth of a pixel, to which places are rounded
    assert (c - a) == pytest.approx((e - a) / 2, abs=0.2)
    assert (b - d) == pytest.approx((b - f) / 3, abs=0.2)
    assert a < c < e and b > d > f  # values grow to the right and upwards


def test_powers_of_ten_are_equally_far_apart_and_zero_is_left_out() -> None:
    svg = line_chart(
        [Line("one", [(0, 0), (1, 0.01), (2, 0.1), (3, 10)])], x="x", y="y", log_y=True
    )

    (_, a), (_, b), (_, c), _legend = circles(svg)
    assert (b - c) == pytest.approx(
        2 * (a - b), abs=0.3
    )  # places are rounded to a tenth of a pixel
    texts = [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]
    assert {"0.01", "0.1", "1", "10"} < set(texts)


def test_every_line_has_its_own_look_and_its_name() -> None:
    lines = [Line(f"line {index}", [(0, index), (1, index)]) for index in range(12)]

    svg = line_chart(lines, x="x", y="y")

    looks = re.findall(r'<polyline [^>]*(stroke="[^"]+") .*?(stroke-dasharray="[^"]*")', svg)
    assert len(set(looks)) == 12
    assert all(f">line {index}</text>" in svg for index in range(12))


def test_names_are_text_and_nothing_else() -> None:
    svg = line_chart([Line('<script src="//elsewhere">', [(0, 1)])], x="a & b", y="<y>")

    texts = [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]
    assert '<script src="//elsewhere">' in texts and "a & b" in texts and "<y>" in texts
    assert "<script" not in svg


@pytest.mark.parametrize("points", [[], [(float("nan"), 1.0)], [(0.0, float("inf"))]])
def test_what_has_no_figures_is_told_in_the_legend(points: list[tuple[float, float]]) -> None:
    svg = line_chart([Line("nothing", points)], x="x", y="y")

    assert "nothing (no figure)" in svg
    assert len(circles(svg)) == 1  # of the legend


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6], ids=["tiny", "one", "huge"])
def test_ticks_are_round_numbers(scale: float) -> None:
    svg = line_chart([Line("one", [(0, 0), (3 * scale, 7 * scale)])], x="x", y="y")

    texts = [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]
    numbers = [float(text) for text in texts if re.fullmatch(r"[-+.e\d]+", text)]
    across, up = numbers[: numbers.index(0.0, 1)], numbers[numbers.index(0.0, 1) :]
    for ticks, highest in ((across, 3 * scale), (up, 7 * scale)):
        assert len(ticks) >= 4 and 0.7 * highest < ticks[-1] <= 1.04 * highest
        assert f"{ticks[1] - ticks[0]:.0e}"[0] in "125"
