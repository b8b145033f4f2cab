"""Find the code of a picture, then edit it."""

# %% A picture to start from; use your own file instead.
from pathlib import Path

import dynode
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
drawn = generator.synthesize(generator.sample(1, seed=5))
write_image(grid(drawn, columns=1, gap_px=0), Path("portrait.png"))

# %% The inverter of the generator's domain finds codes that draw the picture.
latents = dynode.invert("portrait.png", generator).latents

# %% Edit them like any others.
direction = dynode.find("sefa", generator, component=0)
assert isinstance(direction, dynode.Direction)
edited = generator.synthesize(direction.apply(latents, 1.5))
write_image(grid(edited.detach(), columns=1, gap_px=0), Path("edited.png"))
