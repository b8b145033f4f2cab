"""Components of the weights and of the codes, named by what they do."""

# %% SeFa reads the style layers, GANSpace samples codes; both need no labels.
import dynode

generator = dynode.load_generator()
factors = dynode.find("sefa", generator, count=3)
components = dynode.find("ganspace", generator, count=3, samples=2000)

# %% Where a scorer knows the pictures, each is measured and named by its strongest effect.
assert isinstance(factors, list) and isinstance(components, list)
for direction in [*factors, *components]:
    told = direction.info.calibration
    print(f"{direction.info.name:<32}{told.attribute or '-':<16}{told.effect:+.2f}")

# %% Keep one.
components[0].save(f"{components[0].info.name}.safetensors")
