"""Several edits, also of different spaces, in one rendering."""

# %% A direction in W by its rows, and a hand-made one in StyleSpace.
from pathlib import Path

import torch

import dynode
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
found = dynode.find("sefa", generator, count=1)
factor = found[0] if isinstance(found, list) else found

layer = generator.info.rgb_layers[-1]
channels = generator.info.style_channels[layer]
colours = dynode.StyleDirection({layer: torch.ones(channels)})

# %% A stack is ordered pairs of direction and strength; adding edits is adding their offsets.
stack = dynode.EditStack().then(factor, 1.5).then(colours, 0.2)
latents = generator.sample(2, seed=0)
edited = stack.apply(latents)

# %% One rendering for all of them.
images = torch.cat([generator.synthesize(latents), generator.synthesize(edited)])
write_image(grid(images, columns=2), Path("stacked.png"))
