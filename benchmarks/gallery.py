"""Draw the gallery: run every command of it, keep its picture or clip small, write the page.

    python benchmarks/gallery.py [--only NAME ...] [--folder docs]

Commands run as a user types them, one after the other in one folder, so that later ones can take what
earlier ones wrote. `gallery.json` in the folder of the pictures keeps the seconds; pieces that are not run
keep theirs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gallery_pieces import GROUPS, PIECES, Piece
from PIL import Image

_LIMIT_S = 900
_QUALITY = 86
_CHARACTERS = 51  # of a line on a screen of 400 px, with a backslash behind it
_WIDTH = 1040  # wider strips are made smaller: pages are no wider


def main() -> None:
    """Run the pieces and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("docs"))
    parser.add_argument("--only", nargs="*", default=[piece.name for piece in PIECES])
    given = parser.parse_args()
    pictures = given.folder / "images" / "gallery"
    pictures.mkdir(parents=True, exist_ok=True)
    kept = pictures / "gallery.json"
    seconds = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for piece in PIECES:
            if piece.name in given.only:
                failed += not draw(piece, Path(folder), pictures, seconds)
                kept.write_text(json.dumps(seconds, indent=1) + "\n", encoding="utf-8")
    (given.folder / "gallery.md").write_text(page(seconds), encoding="utf-8")
    sys.exit(f"{failed} of {len(given.only)} pieces were not drawn" if failed else 0)


def draw(piece: Piece, folder: Path, pictures: Path, seconds: dict[str, float]) -> bool:
    """Run the command of a piece, keep what it wrote and its seconds; say whether it went well."""
    begun = time.perf_counter()
    started = [sys.executable, "-c", "from dynode_start import main; main()"]
    try:
        ran = subprocess.run(
            started + shlex.split(piece.command)[1:],
            cwd=folder,
            env=os.environ | {"NO_COLOR": "1"},
            capture_output=True,
            check=False,
            text=True,
            timeout=_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        print(f"not done in {_LIMIT_S} s: {piece.command}", flush=True)
        return False
    took = time.perf_counter() - begun
    print(f"{took:6.1f} s  {piece.command}", flush=True)
    if ran.returncode:
        print((ran.stdout + ran.stderr).strip(), flush=True)
        return False
    if piece.written.endswith(".mp4"):  # only for later pieces; no picture
        return True
    keep(folder / piece.written, pictures / piece.kept)
    seconds[piece.name] = round(took, 1)
    return True


def keep(written: Path, kept: Path) -> None:
    """Keep a clip or a picture small: the commands write them without loss."""
    if kept.suffix == ".webp":
        with Image.open(written) as clip:
            # Frames are stored whole: parts of them leave seams.
            clip.save(kept, save_all=True, quality=_QUALITY, method=4, kmax=1)
        return
    with Image.open(written) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((_WIDTH, _WIDTH))
    picture.save(kept, quality=_QUALITY, optimize=True)


def page(seconds: dict[str, float]) -> str:
    """Write the page: for each piece its title, picture, command and time."""
    parts = [
        "# Gallery\n",
        "Every picture is the output of the command under it, with the bundled generators and without",
        "downloads. Seconds are those of the whole command on one thread of a busy processor, the",
        "search of a method included. `python benchmarks/gallery.py` draws this page again. More pictures",
        "stand on the pages [Make something](make.md), [Micromotion](methods/micromotion.md),",
        "[NaviGAN](methods/navigan.md), [Video generators](video.md) and [skies](skies.md).\n",
    ]
    for group in GROUPS:
        drawn = [piece for piece in PIECES if piece.group == group and piece.name in seconds]
        if drawn:
            parts += [f"## {group}\n", *(told(piece, seconds[piece.name]) for piece in drawn)]
    return "\n".join(parts).rstrip() + "\n"


def told(piece: Piece, seconds: float) -> str:
    """Write one piece; its command is broken where a narrow page would cut it."""
    command = broken(piece.command)
    return (
        f"### {piece.title}\n\n![{piece.title}](images/gallery/{piece.kept})\n\n"
        f"```sh\n{command}\n```\n\n{seconds:.0f} s. [More]({piece.page})\n"
    )


def broken(command: str) -> str:
    """Break a command before options, so that its lines fit a screen of 400 px."""
    first, *options = re.split(r" (?=--?[a-z])", command)
    lines = [first]
    for option in options:
        if len(f"{lines[-1]} {option}") <= _CHARACTERS:
            lines[-1] += f" {option}"
        else:
            lines.append(f"    {option}")
    return " \\\n".join(lines)


if __name__ == "__main__":
    main()
