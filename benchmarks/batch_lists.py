"""Lists of the benchmarks of batches: pictures of facets, and a generator that costs little."""

from __future__ import annotations

from pathlib import Path

_DRAWN = 1000


def small_generator(folder: Path) -> tuple[str, Path]:
    """Write a generator and a direction of it, where they are not there yet."""
    import dynode
    from dynode.testing import tiny_generator, write_tiny_generator

    drawing, direction = folder / "small.safetensors", folder / "small-0.safetensors"
    if not direction.exists():
        drawing.unlink(missing_ok=True)
        write_tiny_generator(drawing, tiny_generator(32))
        dynode.find("sefa", str(drawing), component=0).save(direction)
    return str(drawing), direction


def draw_pictures(folder: Path, count: int) -> None:
    """Draw up to a thousand portraits; more are those again, mirrored and darker by up to a third."""
    import torch
    from PIL import Image, ImageOps

    import dynode

    folder.mkdir(parents=True, exist_ok=True)
    generator, drawn = dynode.load_generator(None), min(count, _DRAWN)
    for first in range(len(list(folder.iterdir())) // 50 * 50, drawn, 50):
        with torch.inference_mode():
            pictures = generator.synthesize(generator.sample(min(50, drawn - first), seed=first))
        values = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
        for number, picture in enumerate(values, first):
            Image.fromarray(picture).save(folder / f"{number:06d}.png")
    for number in range(drawn, count):
        path, (turn, source) = folder / f"{number:06d}.png", divmod(number, _DRAWN)
        if path.exists():
            continue
        picture = Image.open(folder / f"{source:06d}.png")
        picture = ImageOps.mirror(picture) if turn % 2 else picture
        darker = picture.point(lambda value, turn=turn: round(value * (1 - turn // 2 * 0.08)))
        darker.save(path)
