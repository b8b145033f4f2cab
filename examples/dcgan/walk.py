"""What the DCGAN can do here: draw, find directions, invert, edit, move."""

# %% Draw.
import dynode

generator = dynode.load_generator("dcgan-64")
print("spaces:", ", ".join(generator.info.spaces))
dynode.generate("0-15", generator=generator, truncation=1.0).save("faces.png")

# %% Directions: principal components of the first layer, and of the weights.
component = dynode.find("ganspace", generator, count=1, samples=2000, several=False)
weights = dynode.find(
    "svd", generator, layer="main.6", count=1, several=False, name_by_effect=False
)
sampled = generator.sample(1, seed=3, truncation=1.0)
for name, direction, reach in (("ganspace", component, 4.0), ("svd", weights, 1.0)):
    edit = dynode.edit(sampled, directions=direction, generator=generator)
    edit.save_sweep(f"{name}.png", [-reach, -reach / 2, 0.0, reach / 2, reach])

# %% Invert a picture, and edit what was found.
drawn = generator.synthesize(generator.sample(1, seed=7, truncation=1.0)).detach()
found = dynode.invert(drawn, generator, inverter="optimize", steps=200)
edited = dynode.edit(found.latents, directions=(component, 3.0), generator=generator)
edited.save("inverted-and-edited.png")
error = float((edited.before - drawn).abs().mean())
print(f"inversion: mean error {error:.3f} of the range [-1, 1]")

# %% A still picture that moves.
clip = dynode.animate(sampled, (component, 4.0), generator=generator, frames=24, boomerang=True)
clip.save("moving.gif", fps=12)
