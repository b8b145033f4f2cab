"""Directions in a generator's weights, a batch of them at once, and on any network."""

# %% Singular pairs of one convolution; strength 1 is a tenth of the way to another picture.
from pathlib import Path

import torch
from torch import nn

import dynode
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
pairs = dynode.find("svd", generator, layer="b8.conv1", count=2, samples=2, name_by_effect=False)

# %% Where pictures change most: the leading eigenvectors of the distance's Hessian.
leading = dynode.find(
    "hessian", generator, layer="b8.conv1", count=2, samples=2, products=8, name_by_effect=False
)
assert isinstance(pairs, list) and isinstance(leading, list)
for direction in [*pairs, *leading]:
    print(f"{direction.info.name:<24}{direction.info.unit}")

# %% Directions of any kind go into one batch, with a strength each.
latents = generator.sample(4, seed=0)
for number, direction in enumerate([*pairs, *leading]):
    strengths = torch.zeros(4)
    strengths[number] = 1.5
    latents = direction.apply(latents, strengths)
write_image(grid(generator.synthesize(latents), columns=4), Path("weights.png"))

# %% Any network with convolutions that makes pictures, such as one from image to image.
network = nn.Sequential(
    nn.Conv2d(3, 8, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1),
    nn.Tanh(),
)
pictures = generator.synthesize(generator.sample(4, seed=1), resolution=32)
painter = dynode.wrap_module(network, inputs=pictures.detach(), name="painter")
found = dynode.find("hessian", painter, layer="2", count=1, name_by_effect=False)
assert isinstance(found, dynode.WeightDirection)
painted = painter.synthesize(found.apply(painter.encode(pictures), 1.0))
print(painted.shape)
