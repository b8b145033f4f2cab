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
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

_LIMIT_S = 400
_QUALITY = 86
_WIDTH = 1040  # wider strips are made smaller: pages are no wider


@dataclass(frozen=True)
class Piece:
    """One picture or clip of the gallery."""

    group: str
    title: str
    command: str
    page: str  # that tells more

    @property
    def written(self) -> str:
        return shlex.split(self.command)[-1]

    @property
    def name(self) -> str:
        return Path(self.written).stem

    @property
    def kept(self) -> str:
        return self.name + (".webp" if self.written.endswith(".webp") else ".jpg")


EDIT, FIND, CLIPS, MAKE = "Edit", "Methods", "Clips", "Make something"
PIECES = (
    Piece(
        EDIT,
        "By a text",
        'dynode edit --plugin styleclip --text "smiling" --seed 3 -o smiling.png',
        "methods/styleclip.md",
    ),
    Piece(
        EDIT,
        "Ready directions, stacked",
        "dynode edit --direction smile:1.5 --direction glasses:2 --seed 3 -o both.png",
        "directions.md",
    ),
    Piece(
        EDIT,
        "A sweep of strengths",
        "dynode edit --direction age --sweep -2:2:7 --seed 5 -o age.png",
        "directions.md",
    ),
    Piece(EDIT, "A portrait", "dynode generate --seeds 4 -o portrait.png", "facets.md"),
    Piece(
        EDIT,
        "A picture: inverted, then edited",
        "dynode edit portrait.png --direction age:1.5 -o older.png",
        "inverters.md",
    ),
    Piece(
        FIND,
        "InterFaceGAN: a boundary of an attribute",
        "dynode edit --plugin interfacegan --attribute age --seed 6 -o interfacegan.png",
        "methods/interfacegan.md",
    ),
    Piece(
        FIND,
        "GANSpace: principal components",
        "dynode edit --plugin ganspace --attribute yaw --seed 6 -o ganspace.png",
        "methods/ganspace.md",
    ),
    Piece(
        FIND,
        "SeFa: read off the weights",
        "dynode edit --plugin sefa --attribute smile --seed 6 -o sefa.png",
        "methods/sefa.md",
    ),
    Piece(
        FIND,
        "StyleCLIP, global direction",
        'dynode edit --plugin styleclip-global --text "smiling" --seed 6 -o styleclip-global.png',
        "methods/styleclip.md",
    ),
    Piece(
        FIND,
        "StyleCLIP, mapper",
        'dynode edit --plugin styleclip-mapper --text "angry" --seed 6 -o styleclip-mapper.png',
        "methods/styleclip.md",
    ),
    Piece(
        FIND,
        "NaviGAN: in the space of weights",
        "dynode edit --plugin navigan --attribute smile --seed 6 -o navigan.png",
        "methods/navigan.md",
    ),
    Piece(
        CLIPS,
        "A portrait that smiles",
        "dynode animate --micromotion smile --seed 3 --frames 48 -o animate.webp",
        "methods/micromotion.md",
    ),
    Piece(
        CLIPS,
        "A walk between portraits",
        "dynode walk 0-2 --loop --even --seconds 4 --fps 12 -o walk.webp",
        "make.md",
    ),
    Piece(
        CLIPS,
        "A sweep as a clip",
        "dynode edit --direction yaw --sweep -2:2:32 --seed 5 -o sweep.webp",
        "directions.md",
    ),
    Piece(
        CLIPS,
        "A clip of the bundled video generator",
        "dynode generate --video --generator facets-video --seeds 0-3 --length 48 -o video.webp",
        "video.md",
    ),
    Piece(
        MAKE,
        "Portraits",
        "dynode generate --seeds 0-11 --truncation 0.7 -o portraits.png",
        "facets.md",
    ),
    Piece(MAKE, "Mixed styles", "dynode mix 0-2 4-7 --rows middle -o mixed.png", "make.md"),
    Piece(MAKE, "A morph", "dynode morph 3 7 --frames 7 --even -o morph.png", "make.md"),
)


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
    with tempfile.TemporaryDirectory() as folder:
        for piece in PIECES:
            if piece.name in given.only:
                seconds[piece.name] = draw(piece, Path(folder), pictures)
                kept.write_text(json.dumps(seconds, indent=1) + "\n", encoding="utf-8")
    (given.folder / "gallery.md").write_text(page(seconds), encoding="utf-8")


def draw(piece: Piece, folder: Path, pictures: Path) -> float:
    """Run the command of a piece and keep what it wrote; return its seconds."""
    begun = time.perf_counter()
    started = [sys.executable, "-c", "from dynode_start import main; main()"]
    ran = subprocess.run(
        started + shlex.split(piece.command)[1:],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=_LIMIT_S,
    )
    seconds = time.perf_counter() - begun
    if ran.returncode:
        sys.exit(f"{piece.command}: {(ran.stdout + ran.stderr).strip()}")
    keep(folder / piece.written, pictures / piece.kept)
    print(f"{seconds:6.1f} s  {piece.command}", flush=True)
    return round(seconds, 1)


def keep(written: Path, kept: Path) -> None:
    """Keep a clip or a picture small: the commands write them without loss."""
    if kept.suffix == ".webp":
        with Image.open(written) as clip:
            clip.save(kept, save_all=True, quality=_QUALITY, method=4)
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
    for group in (EDIT, FIND, CLIPS, MAKE):
        drawn = [piece for piece in PIECES if piece.group == group and piece.name in seconds]
        if drawn:
            parts += [f"## {group}\n", *(told(piece, seconds[piece.name]) for piece in drawn)]
    return "\n".join(parts).rstrip() + "\n"


def told(piece: Piece, seconds: float) -> str:
    """Write one piece; its command is broken where a narrow page would cut it."""
    command = piece.command.replace(" -o ", " \\\n    -o ")
    return (
        f"### {piece.title}\n\n![{piece.title}](images/gallery/{piece.kept})\n\n"
        f"```sh\n{command}\n```\n\n{seconds:.0f} s. [More]({piece.page})\n"
    )


if __name__ == "__main__":
    main()
