"""A table of mixed styles."""

# %% The rows of some pictures, the other rows of others; seeds, codes or pictures.
import dynode

generator = dynode.load_generator()
table = dynode.mix("0-2", "4-7", rows="2-", generator=generator)
table.save("table.png")

# %% One pair, and its codes for other commands.
pair = dynode.mix(3, 4, rows="0,2", generator=generator)
pair.save("mixed.png")
pair.save_latents("mixed.safetensors")
