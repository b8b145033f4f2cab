"""A table of mixed styles, and a clip that wanders."""

# %% The rows of some pictures, the other rows of others; seeds, codes or pictures.
import dynode
import dynode_make

generator = dynode.load_generator()
table = dynode_make.mix("0-2", "4-7", rows="2-", generator=generator)
table.save("table.png")

# %% One pair, and its codes for other commands.
pair = dynode_make.mix(3, 4, rows="0,2", generator=generator)
pair.save("mixed.png")
pair.save_latents("mixed.safetensors")

# %% The way from one picture to another, evened out as seen.
dynode_make.morph(3, 7, frames=5, even=True, generator=generator).save("morph.png")

# %% A clip that wanders between seeds and comes back.
dynode_make.walk("0-2", loop=True, seconds=1, fps=6, generator=generator).save("walk.mp4")
