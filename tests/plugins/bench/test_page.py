"""A folder of results becomes one page that shows them and asks for nothing from elsewhere."""

from __future__ import annotations

import importlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dynode_bench
from dynode import plugins
from dynode.errors import MediaError, OutputExistsError, UsageError
from dynode.testing import run_command
from dynode.testing.videos import write_test_video

BENCH = {
    "bench": "inverters",
    "spec": {"seed": "0"},
    "rows": [{"inverter": "mine", "PSNR (dB)": 31.5, "PSNR of edits (dB)": 30.0, "note": "<b>"}],
    "across": ["inverter", "PSNR (dB)", "PSNR of edits (dB)"],
}
FIGURES = {
    "metric": "jerk",
    "values": {"jerk": 0.25},
    "frozen": {"jerk": 0.0},
    "better": "lower",
    "spec": {"A": "3 clips"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "run"
    run.mkdir()
    (run / "inverters.json").write_text(json.dumps(BENCH))
    (run / "inverters.md").write_text("the same as a table")
    (run / "jerk.json").write_text(json.dumps(FIGURES))
    lines = [{"step": step, "generator": 1 / step} for step in range(1, 4)]
    measured = {"step": 2, "metric": "jerk", "values": {"jerk": 3.0}, "frozen": {"jerk": 0.0}}
    log = "\n".join(json.dumps(line) for line in lines) + '\n{"step": 4, "gen'
    (run / "log.jsonl").write_text(log)
    (run / "metrics.jsonl").write_text(json.dumps(measured) + "\n")
    for step in (1, 2, 3):
        Image.fromarray(np.full((20, 2000, 3), step, np.uint8)).save(run / f"made-{step}.png")
    write_test_video(run / "clip.mp4", frames=9, sound="")
    return run


class _Asked(HTMLParser):
    """What a browser would fetch, and the elements that are never to be there."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.asked, self.tags = list[str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        wanted = ("src", "href", "data", "srcset", "xlink:href", "poster", "action")
        self.asked += [value or "" for name, value in attrs if name in wanted]


def test_a_page_shows_figures_curves_pictures_and_strips(folder: Path) -> None:
    with pytest.warns(UserWarning, match=r"made-2.png, between the first and the last"):
        page = dynode_bench.report(folder).read_text(encoding="utf-8")

    for shown in ("<td>mine</td>", '<td class="number">31.5</td>', "Compared: inverters"):
        assert shown in page
    assert '<td class="number">0.25</td><td class="number">0</td>' in page  # jerk, and frozen
    assert ">generator</text>" in page and ">jerk, frozen clips</text>" in page
    assert "1 broken lines are left out" in page
    assert "made-1.png" in page and "made-3.png" in page
    assert "clip.mp4, 8 of 9 frames" in page
    assert "the same as a table" not in page


@pytest.mark.filterwarnings("ignore:left out of the page")
def test_a_page_asks_for_nothing_from_elsewhere(folder: Path) -> None:
    page = dynode_bench.report(folder).read_text(encoding="utf-8")

    found = _Asked(page)
    assert found.asked and all(one.startswith("data:image/jpeg;base64,") for one in found.asked)
    assert not {"script", "link", "iframe", "object", "b"} & set(found.tags)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches
    assert not re.search(r"url\(|@import", page)


@pytest.mark.filterwarnings("ignore:left out of the page")
def test_a_page_is_made_again_only_by_force_and_does_not_show_itself(folder: Path) -> None:
    first = dynode_bench.report(folder).read_text(encoding="utf-8")

    with pytest.raises(OutputExistsError):
        dynode_bench.report(folder)
    assert dynode_bench.report(folder, force=True).read_text(encoding="utf-8") == first


def test_what_is_broken_is_named_and_the_rest_is_shown(tmp_path: Path) -> None:
    (tmp_path / "jerk.json").write_text(json.dumps(FIGURES))
    (tmp_path / "half.json").write_text('{"bench": "dire')
    (tmp_path / "strange.json").write_text('{"bench": "directions", "rows": 3}')
    (tmp_path / "other.json").write_text("[1]")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.warns(UserWarning, match="left out of the page") as told:
        page = dynode_bench.report(tmp_path).read_text(encoding="utf-8")

    for name in ("half.json", "strange.json", "other.json", "broken.png"):
        assert name in str(told[0].message) and name in page
    assert '<td class="number">0.25</td>' in page


def test_a_folder_without_results_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(MediaError, match="notes.txt holds nothing that is shown"):
        dynode_bench.report(tmp_path)
    with pytest.raises(UsageError, match="nowhere is no folder"):
        dynode_bench.report(tmp_path / "nowhere")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.filterwarnings("ignore:left out of the page")
def test_the_command_writes_the_page(folder: Path) -> None:
    plugins.registry().register(importlib.import_module("dynode_bench.plugin"), "tests")

    told = json.loads(run_command(["report", str(folder), "--json"]).stdout)
    again = run_command(["report", str(folder)])

    assert Path(told["output"]).name == "report.html" and Path(told["output"]).exists()
    assert again.exit_code == 2 and len(again.stderr.splitlines()) == 1
