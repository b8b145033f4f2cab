"""One differential equation for the codes of a clip: a value at any time in between."""

# %% Codes of a clip; here a path between three portraits, seen at uneven times.
from pathlib import Path

import torch

import dynode
from dynode.dynamics.carrying import carry
from dynode.media.images import grid, write_image

generator = dynode.load_generator()
ends = generator.sample(3, seed=0)
times = torch.tensor([0.0, 1.0, 1.5, 2.5, 3.0, 4.0])
amounts = times / times[-1]
clip = dynode.Latents(
    torch.stack([torch.lerp(ends.w[0], ends.w[1], a) + a * (1 - a) * ends.w[2] for a in amounts])
)

# %% The fit; more steps for a real clip.
options = dynode.FitOptions(steps=60, shooting=0, width=16)
trajectory = dynode.fit_trajectory(clip, times, options=options)

# %% Any real times, as many as you like.
between = trajectory.rollout(torch.linspace(0, 4, 7)).latents
write_image(grid(generator.synthesize(between), columns=7), Path("between.png"))
trajectory.save("clip.trajectory.safetensors")

# %% Edit the first code with any direction; the trajectory carries the edit to every time.
first = clip[0]
direction = dynode.find("sefa", generator, component=0)
edited = dynode.EditStack().then(direction, 1.0).apply(first)
carried = carry(trajectory, first, edited, torch.linspace(0, 4, 7), mode="transport").latents
write_image(grid(generator.synthesize(carried), columns=7), Path("carried.png"))
