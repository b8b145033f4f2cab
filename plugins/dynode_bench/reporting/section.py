"""A part of a page, and what text, tables, pictures and charts become in it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO

from PIL import Image

_WIDEST_PX = 1280
_QUALITY = 88


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        title: Its heading, as text.
        body: HTML that asks for nothing from elsewhere.
    """

    title: str
    body: str


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a table; numbers stand to the right."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = ["".join(_cell(cell) for cell in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def of_markdown(text: str) -> str:
    """Turn what benchmarks write into HTML: paragraphs and tables, everything else as it stands."""
    parts, rows = list[str](), list[list[str]]()
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        if rows:
            parts.append(table(rows[0], rows[2:]))
            rows = []
        if line.startswith("#"):
            parts.append(f"<h3>{escape(line.lstrip('# '))}</h3>")
        elif line.strip():
            parts.append(f"<p>{escape(line)}</p>")
    return "".join(parts)


def picture(image: Image.Image, caption: str) -> str:
    """Put a picture into the page itself, at most 1280 pixels wide."""
    if image.width > _WIDEST_PX:
        height = max(1, round(image.height * _WIDEST_PX / image.width))
        image = image.resize((_WIDEST_PX, height), Image.Resampling.LANCZOS)
    stream = BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=_QUALITY)
    data = base64.b64encode(stream.getvalue()).decode()
    told = escape(caption)
    return (
        f'<figure><img alt="{told}" src="data:image/jpeg;base64,{data}">'
        f"<figcaption>{told}</figcaption></figure>"
    )


def _cell(text: str) -> str:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return f"<td>{escape(text)}</td>"
    return f'<td class="number">{escape(text)}</td>'
