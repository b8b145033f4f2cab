"""Find a direction once, keep it in a file, use it on other pictures."""

# %% The boundary between pictures with much and with little of an attribute.
from pathlib import Path

import torch

import dynode
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
direction = dynode.find("interfacegan", generator, attribute="smile", samples=400, ratio=0.2)
assert isinstance(direction, dynode.Direction)
print(direction.info.name, "- strength 1 is", direction.info.unit)

# %% One file holds the direction and where it comes from.
direction.save("smile.safetensors")
loaded = dynode.load_direction("smile.safetensors")

# %% A row for each portrait, a column for each strength.
strengths = (-2.0, 0.0, 2.0)
rows = [
    generator.synthesize(loaded.apply(generator.sample(1, seed=seed), strength))
    for seed in (3, 4)
    for strength in strengths
]
write_image(grid(torch.cat(rows), columns=len(strengths)), Path("smile.png"))
