"""Load a generator, draw codes by seed, draw pictures."""

# %% The bundled generator; load_generator also takes a name or a checkpoint file.
from pathlib import Path

import dynode
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
print(generator.info.name, generator.info.resolution, generator.info.num_layers, "rows of W+")

# %% Codes are batched; the same seed gives the same codes.
latents = generator.sample(8, seed=0, truncation=0.7)
images = generator.synthesize(latents)  # (8, 3, h, w) in about [-1, 1]

# %% Write them as one picture.
write_image(grid(images, columns=4), Path("samples.png"))
