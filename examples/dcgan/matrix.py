"""Every installed direction method on the DCGAN: what it moves, or the line by which it refuses.

    python examples/dcgan/matrix.py

The table in the README beside this file and its picture are made by this script, in a few minutes.
"""

# %% What each is asked, small enough for a laptop; a method that is not named is asked with its defaults.
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image, ImageDraw

import dynode
from dynode.plugins import registry

PLACE = Path(__file__).parent
TABLE = ("<!-- matrix.py writes from here -->\n", "<!-- to here -->\n")
generator = dynode.load_generator("dcgan-64")
light = Path(tempfile.mkdtemp()) / "light.csv"
with light.open("w", encoding="utf-8") as labels:
    labels.write("seed,light\n")
    for seed in range(200):
        drawn = generator.synthesize(generator.sample(1, seed=seed, truncation=1.0)).detach()
        labels.write(f"{seed},{float(drawn.mean()):.5f}\n")
layer = {"layer": "main.6", "count": 1, "name_by_effect": False, "distance": "pixels"}
training = {"vectors": 4, "steps": 20, "batch": 4, "predictor": "lenet"}
asked = {
    "ganspace": {"count": 1, "samples": 2000},
    "hessian": layer | {"samples": 2},
    "hessian-rectified": layer | {"samples": 2} | training,
    "interfacegan": {"attribute": "light", "labels": str(light), "calibrate": False},
    "micromotion": {"text": "a {degree} smile"},
    "styleclip": {"text": "smiling"},
    "styleclip-global": {"text": "smiling"},
    "styleclip-mapper": {"text": "smiling"},
    "svd": layer,
    "svd-rectified": layer | training,
}
strengths = {"ganspace": 3.0, "interfacegan": 3.0}
asks = [(method.name, asked.get(method.name, {}), "") for method in registry().directions]
# Where no CLIP was fetched, texts are read by the model of the bundled portraits, which knows drawn faces.
borrowed = {"clip": "facets-clip", "text": "smiling"}
asks.append(("styleclip", borrowed, " `--clip facets-clip`"))
borrowed = {"text_options": ("clip=facets-clip", "steps=30"), "degrees": ("30%", "60%", "100%")}
asks.append(("micromotion", asked["micromotion"] | borrowed, " by the same model"))

# %% Find, move four faces, and say how far the pictures moved.
faces = generator.sample(4, seed=0, truncation=1.0)
before = generator.synthesize(faces).detach()
strips, lines = {"as drawn": before}, []
for name, options, note in asks:
    begun = time.perf_counter()
    strength = strengths.get(name, 1.0)
    try:
        found = dynode.find(name, generator, several=True, latents=faces, **options)[0]
        after = generator.synthesize(found.apply(faces, strength)).detach()
        strips[name] = after
        change = float((after - before).abs().mean()) / 2
        told = f"works: {change:.1%} of the range at strength {strength:g}"
    except dynode.DynodeError as error:
        told = f"refused: {error}"
    lines.append(f"| {name}{note} | {told} | {time.perf_counter() - begun:.0f} |\n")
    print(lines[-1], end="", flush=True)

# %% Write the table into the README, and one row of faces for each that moves them.
head = "| method | on `dcgan-64` | s |\n|---|---|---:|\n"
page = (PLACE / "README.md").read_text(encoding="utf-8")
start, end = (page.index(mark) for mark in TABLE)
page = page[:start] + TABLE[0] + "\n" + head + "".join(lines) + "\n" + page[end:]
(PLACE / "README.md").write_text(page, encoding="utf-8")
rows = torch.cat([torch.cat(list(strip), dim=2) for strip in strips.values()], dim=1)
pixels = ((rows.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
sheet = Image.new("RGB", (pixels.shape[1] * 2 + 130, pixels.shape[0] * 2), "white")
sheet.paste(Image.fromarray(pixels).resize((pixels.shape[1] * 2, sheet.height)), (130, 0))
for row, name in enumerate(strips):
    ImageDraw.Draw(sheet).text((6, row * 128 + 58), name, fill="black")
sheet.save(PLACE / "matrix.jpg", quality=86, optimize=True)
