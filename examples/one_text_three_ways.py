"""One text, three ways: optimise one picture, find a direction for all, train a mapper."""

# %% A portrait, and what a text does to it when its own code is optimised.
from pathlib import Path

import torch

import dynode
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
portrait = generator.sample(1, seed=3)
pictures = [generator.synthesize(portrait)]
optimised = dynode.edit(portrait, plugin="styleclip", generator=generator, text="smiling", steps=20)
pictures.append(optimised.after)

# %% A global direction: style channels weighed by backward passes, found once for all portraits.
everywhere = dynode.find("styleclip-global", generator, text="smiling", neutral="face", images=4)
assert isinstance(everywhere, dynode.Direction)
print("strength 1 is", everywhere.info.unit)
pictures.append(generator.synthesize(everywhere.apply(portrait, 1.5)))

# %% A mapper: a network that gives every portrait an offset of its own. Twenty steps, for a start.
mapper = dynode.find("styleclip-mapper", generator, text="smiling", steps=20, batch=4)
assert isinstance(mapper, dynode.Direction)
pictures.append(generator.synthesize(mapper.apply(portrait)))

# %% Both are files that any other portrait can be edited with.
everywhere.save("smiling-global.safetensors")
mapper.save("smiling-mapper.safetensors")
write_image(grid(torch.cat(pictures), columns=len(pictures)), Path("smiling.png"))
