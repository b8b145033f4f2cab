"""Edits of photographs against the known truth: portraits composed into larger pictures, and clips of them.

    python benchmarks/photographs.py            # writes benchmarks/results/photographs.md

Needs the extra `faces`; with scikit-image a photograph of an astronaut is cut out and put back too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from composed import background, compose, known_points, portraits, square
from PIL import Image

import dynode
from dynode import FaceSource
from dynode.crop import FaceFrame, crop_face, frame_of, load_detector, paste_face
from dynode.crop.paste import _box, paste_mask
from dynode.errors import DynodeError
from dynode.pipeline.photographs import PhotographEdit
from dynode.scoring.measure import load_scorer

STRENGTH = 1.5
CASES = ((160, 0), (220, 15), (300, -25), (400, 40), (260, -40), (200, 30))
"""Sides in pixels and turns in degrees of the portraits in their photographs."""


def score(scorer: Any, picture: Image.Image) -> np.ndarray:
    """Attributes of a picture, in standard deviations."""
    pixels = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)[None].float()
    with torch.inference_mode():
        found = scorer.score(pixels / 127.5 - 1)[0]
    return (found / torch.tensor(scorer.deviations)).numpy()


def edited(path: Path, strength: float, generator: Any, **options: Any) -> Any:
    """The one command, in Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dynode.edit(path, directions=f"smile:{strength}", generator=generator, **options)


def seam(before: np.ndarray, after: np.ndarray, frame: FaceFrame, points: np.ndarray) -> float:
    """Largest step across the border that the photograph did not have: 3 pixels inside of the mask."""
    from scipy.ndimage import binary_erosion

    box = _box(before.shape[1::-1], frame)
    inside = np.zeros(before.shape[:2], bool)
    weights = paste_mask(frame, box, points=points)
    inside[box[1] : box[3], box[0] : box[2]] = weights > 0
    band = inside & ~binary_erosion(inside, iterations=3)
    return float(np.abs(after.astype(int) - before)[band].max())


def one_photograph(
    generator: Any,
    scorer: Any,
    folder: Path,
    index: int,
    portrait: Image.Image,
    *,
    is_detected: bool,
) -> dict[str, float]:
    """Edit one portrait alone and in a photograph, and compare."""
    side, degrees = CASES[index % len(CASES)]
    size = (900, 700)
    centre = (250 + 90.0 * (index % 5), 330 + 15.0 * (index % 3))
    made = compose(background(index, size), portrait, square(side, degrees, centre))
    photo, plain = folder / f"photo{index}.png", folder / f"plain{index}.png"
    made.photo.save(photo)
    portrait.save(plain)
    alone = edited(plain, STRENGTH, generator, crop_only=True)
    smile = scorer.attributes.index("smile")
    wanted = alone.changes["smile"]
    began = time.perf_counter()
    given = folder / f"points{index}.json"
    given.write_text(json.dumps(known_points(made.frame).tolist()))
    source = FaceSource(detector="dlib") if is_detected else FaceSource(landmarks=given)
    try:
        moved, same = (edited(photo, s, generator, faces=source) for s in (STRENGTH, 0.0))
    except DynodeError as error:
        print(f"{side} px, {degrees}°: {error}")
        return {"side": side, "turn": degrees, "found": 0.0}
    seconds = (time.perf_counter() - began) / 2
    if not isinstance(moved, PhotographEdit):
        return {"side": side, "turn": degrees, "found": 0.0}
    result = moved.image()
    result.save(folder / f"edited{index}-{is_detected}.png")
    cut = [crop_face(p, made.frame, 128) for p in (result, same.image())]
    got = score(scorer, cut[0])[smile] - score(scorer, cut[1])[smile]
    before, after = np.asarray(made.photo), np.asarray(result)
    frame, points = moved.photograph.frames[0], moved.photograph.points[0]
    box = _box(size, frame)
    outside = np.ones(before.shape[:2], bool)
    outside[box[1] : box[3], box[0] : box[2]] = paste_mask(frame, box, points=points) == 0
    true = np.array([*made.frame.centre, *made.frame.half])
    return {
        "side": side,
        "turn": degrees,
        "found": 1.0,
        "place": float(np.abs(np.array([*frame.centre, *frame.half]) - true).max() / side),
        "alone": float(wanted),
        "inside": float(got),
        "ratio": float(got / wanted),
        "background": float(np.abs(after.astype(int) - before)[outside].max()),
        "seam": seam(before, after, frame, points),
        "identity": moved.identity[0] if moved.identity else float("nan"),
        "seconds": seconds,
    }


def two_faces(generator: Any, folder: Path, pair: list[Image.Image]) -> dict[str, float]:
    """Two faces in one photograph: one by number, all, and that the other one stays."""
    ground = background(77, (900, 600))
    frames = [square(240, 10, (230, 300)), square(300, -20, (620, 300))]
    photo = ground
    for portrait, frame in zip(pair, frames, strict=True):
        photo = compose(photo, portrait, frame).photo
    path = folder / "two.png"
    photo.save(path)
    before = np.asarray(photo).astype(int)
    told = {}
    for name, source in (
        ("left", FaceSource(detector="dlib", face=1)),
        ("largest", FaceSource(detector="dlib")),
        ("all", FaceSource(detector="dlib", all_faces=True)),
    ):
        try:
            after = edited(path, STRENGTH, generator, faces=source).image()
        except DynodeError as error:
            print(f"{name}: {error}")
            continue
        after.save(folder / f"two-{name}.png")
        change = np.abs(np.asarray(after).astype(int) - before).max(2)
        told[f"{name}, left half"] = float(change[:, :420].max())
        told[f"{name}, right half"] = float(change[:, 420:].max())
    return told


def astronaut(folder: Path) -> dict[str, float]:
    """A real photograph: cut out, and put back without a generator between."""
    from skimage import data

    photo = Image.fromarray(data.astronaut())
    (points,) = load_detector("dlib")(np.asarray(photo))
    frame = frame_of(points)
    crop = crop_face(photo, frame, 1024)
    crop.resize((512, 512)).save(folder / "astronaut-crop.png")
    (again,) = load_detector("dlib")(np.asarray(crop.resize((512, 512))))
    left, right = again[36:42].mean(0), again[42:48].mean(0)
    before = np.asarray(photo).astype(int)
    told = {"eyes, degrees from level": float(np.degrees(np.arctan2(*(right - left)[::-1])))}
    told["distance of the eyes, part of the side"] = float((right - left)[0] / 512)
    box = _box(photo.size, frame)
    outside = np.ones(before.shape[:2], bool)
    outside[box[1] : box[3], box[0] : box[2]] = paste_mask(frame, box, points=points) == 0
    for name, original in (("as edits are", crop), ("whole", None)):
        detail = "all" if original is None else "unchanged"
        pasted = paste_face(photo, crop, frame, original=original, detail=detail, points=points)
        change = np.abs(np.asarray(pasted).astype(int) - before)
        told[f"pasted {name}: outside, largest"] = float(change[outside].max())
        told[f"pasted {name}: inside, mean"] = float(change[~outside].mean())
        told[f"pasted {name}: inside, largest"] = float(change[~outside].max())
    return told


def moving_face(generator: Any, folder: Path, portrait: Image.Image) -> dict[str, float]:
    """A clip of a face that moves and turns: how much its pasted face trembles, and its detector."""
    from dynode.media.video import write_video
    from dynode.pipeline import faces

    count, ground = 24, background(5, (480, 360))
    phases = [2 * np.pi * index / count for index in range(count)]
    track = [
        square(200, 12 * np.sin(p), (240 + 40 * np.sin(p), 180 + 15 * np.cos(p))) for p in phases
    ]
    frames = [np.asarray(compose(ground, portrait, frame).photo) for frame in track]
    drawn = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).float() / 127.5 - 1
    path = folder / "moving.mp4"
    write_video([drawn], path, fps=24)
    told = {}
    given = folder / "track.json"
    given.write_text(json.dumps([known_points(frame).tolist() for frame in track]))
    steadying = faces._STEADYING
    for name, source, sigma in (
        ("known points", FaceSource(landmarks=given), steadying),
        ("found by dlib, smoothed", FaceSource(detector="dlib"), steadying),
        ("found by dlib, not smoothed", FaceSource(detector="dlib"), 1e-3),
    ):
        faces._STEADYING = sigma
        try:
            edit = edited(path, STRENGTH, generator, faces=source, check=False)
            written = edit.save(folder / f"moving-{name.split()[-1]}.mp4")
        except DynodeError as error:
            print(f"{name}: {error}")
            continue
        finally:
            faces._STEADYING = steadying
        result, before = written.jitter["result"], written.jitter["source"]
        told[f"{name}: jitter of the crop, source"] = float(before)
        told[f"{name}: jitter of the crop, result"] = float(result)
        told[f"{name}: ratio"] = float(result / before)
    return told


def table(rows: list[dict[str, float]]) -> list[str]:
    """Rows as Markdown."""
    names = list(max(rows, key=len))
    lines = ["| " + " | ".join(names) + " |", "|" + "---:|" * len(names)]
    return lines + [
        "| " + " | ".join(f"{row[n]:.3g}" if n in row else "–" for n in names) + " |"
        for row in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", default="benchmarks/results/photographs.md", type=Path)
    parser.add_argument("--pictures", type=Path, help="Folder that keeps the pictures.")
    arguments = parser.parse_args()
    generator = dynode.load_generator(device="cpu")
    scorer = load_scorer(generator.info, "cpu")
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.pictures or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        drawn = portraits(generator)
        rows = {
            name: [
                one_photograph(generator, scorer, folder, i, portrait, is_detected=is_detected)
                for i, portrait in enumerate(drawn)
            ]
            for name, is_detected in (("known points", False), ("points found by dlib", True))
        }
        both = two_faces(generator, folder, drawn[:2])
        moving = moving_face(generator, folder, drawn[0])
        real = astronaut(folder) if importlib.util.find_spec("skimage") else {}
    lines = ["# Edits of photographs", "", "`python benchmarks/photographs.py`", ""]
    for name, told in rows.items():
        title = f"## Portraits in photographs of 900×700, `smile:{STRENGTH}`, {name}"
        lines += [title, "", *table(told), ""]
    for title, told in (
        ("Two faces: largest change of 255", both),
        ("A clip of 24 frames", moving),
        ("The astronaut", real),
    ):
        lines += [f"## {title}", "", *(f"- {k}: {v:.3g}" for k, v in told.items()), ""]
    arguments.output.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
