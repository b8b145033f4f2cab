"""Write a data set of a small world: pictures or clips with factors and captions, in one zip file."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynode.errors import OutputExistsError
from dynode.files import written
from dynode_worlds.motion import regular_times
from dynode_worlds.world import World

Kind = Literal["images", "clips"]
Progress = Callable[[int, int], None]

_EPOCH = (1980, 1, 1, 0, 0, 0)
_BATCH = 32


@dataclass(frozen=True)
class _Plan:
    """Everything that decides the bytes of a data set; stored as its metadata."""

    count: int
    seed: int
    resolution: int
    kind: Kind
    z_dim: int
    captions: int
    frames: int
    fps: float
    motions: tuple[str, ...]


@dataclass(frozen=True)
class _Item:
    """One picture or clip before it is rendered."""

    name: str
    factors: Tensor
    motion: str | None


def render_dataset(
    world: World,
    count: int,
    output: Path | str,
    seed: int,
    *,
    resolution: int = 128,
    kind: Kind = "images",
    z_dim: int = 64,
    captions: int = 1,
    frames: int = 16,
    fps: float = 16.0,
    motions: tuple[str, ...] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Render a data set drawn from the population into a zip file.

    The file holds `images/000000.png` … or `clips/000000/0000.png` …,
    `factors.npz` (factors, names, z, and for clips times_s), `captions.jsonl`
    and `metadata.json`. The same arguments give the same bytes with the same
    versions of torch, Pillow and zlib. Pictures are streamed, so memory does
    not grow with their number. The file appears under its name only when it
    is complete.

    Args:
        world: What to draw.
        count: Number of pictures or clips.
        output: Where to write.
        seed: Seed of the pictures, their words and their motions.
        resolution: Height and width in pixels.
        kind: Single pictures, or clips of `frames` frames at `fps`.
        z_dim: Width of the latent codes that the pictures are drawn from.
        captions: Sentences per picture, or per first frame of a clip.
        frames: Frames per clip.
        fps: Frames per second of a clip.
        motions: Motions that clips take turns at; None for all of the world.
        overwrite: Replace an existing file.
        progress: Called with (done, count) after each picture or clip.

    Returns:
        The path written.

    Raises:
        OutputExistsError: `output` exists and `overwrite` is not set.
        ValueError: `kind` is unknown, or clips are asked for without motions.
    """
    chosen = tuple(world.motions) if motions is None else tuple(motions)
    plan = _Plan(count, seed, resolution, kind, z_dim, captions, frames, fps, chosen)
    output = Path(output)
    _check(world, plan, output, overwrite)
    with written(output) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        _fill(world, archive, plan, progress)
    return output


def _check(world: World, plan: _Plan, output: Path, overwrite: bool) -> None:
    if plan.kind not in ("images", "clips"):
        raise ValueError(f"kind is {plan.kind!r}, expected 'images' or 'clips'")
    if plan.kind == "clips" and not plan.motions:
        raise ValueError(f"clips need at least one motion; choose from {', '.join(world.motions)}")
    if output.exists() and not overwrite:
        raise OutputExistsError(f"{output} exists; choose another name or pass overwrite=True")


def _fill(world: World, archive: zipfile.ZipFile, plan: _Plan, progress: Progress | None) -> None:
    draw = np.random.RandomState(plan.seed).standard_normal((plan.count, plan.z_dim))
    z = torch.from_numpy(draw.astype(np.float32))
    people = world.population.factors(z)
    rng = random.Random(plan.seed)
    lines, factors = [], []
    for done, item in enumerate(_items(world, people, plan), start=1):
        said = [world.caption(item.factors[0], rng) for _ in range(plan.captions)]
        lines.append(json.dumps({"name": item.name, "motion": item.motion, "captions": said}))
        factors.append(item.factors)
        for name, picture in _pictures(world, item, plan):
            _store(archive, name, picture)
        if progress is not None:
            progress(done, plan.count)
    arrays = {"z": z.numpy(), "names": np.array(world.population.names)}
    arrays["factors"] = people.numpy() if plan.kind == "images" else torch.stack(factors).numpy()
    if plan.kind == "clips":
        arrays["times_s"] = _times(plan).numpy()
    _store(archive, "factors.npz", _npz(arrays))
    _store(archive, "captions.jsonl", ("\n".join(lines) + "\n").encode())
    _store(archive, "metadata.json", json.dumps(asdict(plan), indent=2).encode())


def _times(plan: _Plan) -> Tensor:
    return regular_times(plan.frames / plan.fps, plan.fps)


def _items(world: World, people: Tensor, plan: _Plan) -> Iterator[_Item]:
    """Yield pictures as clips of one frame, and clips with their motion."""
    for index, person in enumerate(people):
        if plan.kind == "images":
            yield _Item(f"images/{index:06d}", person[None], None)
            continue
        motion = plan.motions[index % len(plan.motions)]
        path = world.trajectory(motion, person, _times(plan), seed=plan.seed * 1_000_003 + index)
        yield _Item(f"clips/{index:06d}", path, motion)


def _pictures(world: World, item: _Item, plan: _Plan) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the PNG bytes of every frame of an item."""
    with torch.inference_mode():
        for start in range(0, len(item.factors), _BATCH):
            images = world.render(item.factors[start : start + _BATCH], plan.resolution)
            for number, image in enumerate(images, start=start):
                suffix = ".png" if plan.kind == "images" else f"/{number:04d}.png"
                yield item.name + suffix, _png(image)


def _png(image: Tensor) -> bytes:
    levels = ((image + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0)
    stream = io.BytesIO()
    Image.fromarray(levels.numpy()).save(stream, format="PNG", compress_level=6)
    return stream.getvalue()


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Return the bytes of an .npz file; numpy's own writer stamps the current time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, array, allow_pickle=False)
            _store(archive, f"{name}.npy", part.getvalue())
    return stream.getvalue()


def _store(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
