"""A folder of results as one HTML page that loads nothing from elsewhere."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from PIL import Image

import dynode
from dynode import files
from dynode.errors import DynodeError, MediaError, UsageError
from dynode.media import kind_of, open_clip, read_image
from dynode_bench.reporting.figures import section_of_json, section_of_log
from dynode_bench.reporting.section import Section, of_markdown, picture

PAGE = "report.html"
_STRIP, _STRIP_HEIGHT_PX = 8, 160
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;font-size:13px}td,th{border:1px solid #ddd;padding:3px 7px;"
    "text-align:left}.number{text-align:right}.wide{overflow-x:auto}img,svg{max-width:100%;height:auto}"
    "figure{margin:1em 0}figcaption{color:#666}"
)
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def report(folder: str | Path, output: str | Path | None = None, *, force: bool = False) -> Path:
    """Write one page of what a folder holds: figures, curves, tables, pictures, strips of clips.

    Shown are results of `dynode bench -o` and of `dynode metrics --json`, logs of trainings, pictures and
    clips; of numbered series the first and the last. What is left out is named on the page and in a
    warning.

    Args:
        folder: Of results or of a training; folders in it are not entered.
        output: The page; None for `report.html` in the folder.
        force: Replace a page that exists.

    Returns:
        The page: no script, no request, one file to send to somebody.

    Raises:
        UsageError: There is no such folder.
        OutputExistsError: The page exists and `force` is off.
        MediaError: Nothing in the folder can be shown.
    """
    source = Path(folder)
    if not source.is_dir():
        raise UsageError(f"{folder} is no folder; give the folder of a training or of results")
    target = Path(output) if output is not None else source / PAGE
    files.check_free(target, force=force)
    gathered = _Gathered(source, target)
    sections = list(gathered.sections())
    if not sections:
        told = "; ".join(gathered.left_out) or "it is empty"
        raise MediaError(f"nothing in {folder} can be shown ({told}); give a folder with results")
    if gathered.left_out:
        warnings.warn(f"left out of the page: {'; '.join(gathered.left_out)}", stacklevel=2)
        listed = "".join(f"<li>{escape(one)}</li>" for one in gathered.left_out)
        sections.append(Section("Left out", f"<ul>{listed}</ul>"))
    with files.written(target) as temporary:
        temporary.write_text(_page(source.resolve().name, sections), encoding="utf-8")
    return target


def _page(title: str, sections: list[Section]) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>\n{section.body}" for section in sections]
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style></head>'
    )
    foot = f"<footer><p>dynode {dynode.__version__}</p></footer></body></html>\n"
    return "\n".join([f"{head}<body><h1>{escape(title)}</h1>", *parts, foot])


@dataclass
class _Gathered:
    """The files of a folder, in the order they are shown, and why others are not."""

    folder: Path
    page: Path
    left_out: list[str] = field(default_factory=list)

    def sections(self) -> Iterator[Section]:
        """Show what can be shown: figures first, then logs, pictures and clips."""
        own = sorted(path for path in self.folder.iterdir() if path.name[0] != ".")
        named = {path.name for path in own}
        shown = [p for p in own if p.is_file() and p.resolve() != self.page.resolve()]
        self.left_out += [f"{path.name} is a folder" for path in own if path.is_dir()]
        shown = [p for p in shown if not _told_by_json(p, named)]
        for kind in (".json", ".jsonl", ".md"):
            for path in [p for p in shown if p.suffix.lower() == kind]:
                yield from self._tried(path)
        media = [p for p in shown if p.suffix.lower() not in (".json", ".jsonl", ".md")]
        for path in self._without_middles(media):
            yield from self._tried(path)

    def _tried(self, path: Path) -> Iterator[Section]:
        try:
            section = _shown(path)
        except (DynodeError, OSError) as error:
            self.left_out.append(str(error))
            return
        if section is None:
            self.left_out.append(f"{path.name} holds nothing that is shown")
        else:
            yield section

    def _without_middles(self, paths: list[Path]) -> list[Path]:
        """Keep the first and the last of numbered series."""
        series: dict[str, list[Path]] = {}
        for path in paths:
            series.setdefault(re.sub(r"\d+", "0", path.name), []).append(path)
        for group in series.values():
            if len(group) > 2:
                middle = f"{group[1].name} to {group[-2].name}" if len(group) > 3 else group[1].name
                self.left_out.append(f"{middle}, between the first and the last")
        return [path for group in series.values() for path in dict.fromkeys((group[0], group[-1]))]


def _told_by_json(path: Path, names: set[str]) -> bool:
    """Say whether a file is another form of a JSON result beside it."""
    return path.suffix in (".md", ".svg") and f"{path.stem}.json" in names


def _shown(path: Path) -> Section | None:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return section_of_json(path)
    if suffix == ".jsonl":
        return section_of_log(path)
    if suffix == ".md":
        return Section(path.name, of_markdown(path.read_text(encoding="utf-8", errors="replace")))
    kind = kind_of(path)
    if kind == "picture":
        return Section(path.name, picture(read_image(path), path.name))
    return Section(path.name, _strip(path)) if kind == "clip" else None


def _strip(path: Path) -> str:
    """Lay frames of a clip out side by side."""
    clip = open_clip(path)
    count = min(_STRIP, len(clip))
    wanted = {round(i * (len(clip) - 1) / max(1, count - 1)) for i in range(count)}
    frames = [
        Image.fromarray(frame) for index, frame in enumerate(clip.frames()) if index in wanted
    ]
    height = min(_STRIP_HEIGHT_PX, frames[0].height)
    width = max(1, round(frames[0].width * height / frames[0].height))
    strip = Image.new("RGB", (len(frames) * (width + 2) - 2, height), "white")
    for index, frame in enumerate(frames):
        strip.paste(
            frame.resize((width, height), Image.Resampling.LANCZOS), (index * (width + 2), 0)
        )
    return picture(strip, f"{path.name}, {len(frames)} of {len(clip)} frames")
