"""Invert a portrait in one pass, tune the generator around its code, and edit the result."""

# %% A portrait of the bundled world.
import torch

import dynode

generator = dynode.load_generator()
with torch.inference_mode():
    portrait = generator.synthesize(generator.sample(1, seed=11, truncation=1.0)).clone()

# %% A code by the encoder, with few steps of refinement.
code = dynode.invert(portrait, generator, inverter="facets-encoder", steps=5).latents
print("rows of the code:", tuple(code.w.shape))

# %% A change of the weights that draws what the code cannot: a few steps, so that this is quick.
quick = {"pivot": "facets-encoder", "pivot_steps": 5, "steps": 6}
tuned = dynode.invert(portrait, generator, inverter="pti", **quick).latents
numbers = sum(part.numel() for offset in tuned.weights for part in offset.shared)
print(f"the delta takes {numbers:,} numbers")

# %% Nearer to the portrait, and edited like any other latents.
with torch.inference_mode():
    errors = [
        (generator.synthesize(latents) - portrait).square().mean() for latents in (code, tuned)
    ]
print("error of the code, and with the delta:", [round(float(error), 5) for error in errors])
direction = dynode.find("sefa", generator, component=0)
assert isinstance(direction, dynode.Direction)
edited = direction.apply(tuned, 1.0)
print(tuple(generator.synthesize(edited).shape))
