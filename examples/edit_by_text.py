"""Edit one picture by a text."""

# %% In one call: sample a portrait, move its code until the text-image model sees the text.
from pathlib import Path

import torch

import dynode
from dynode.media.images import grid, write_image

result = dynode.edit(plugin="styleclip", text="smiling", seed=0)

# %% What changed, in standard deviations of each attribute.
for name, change in sorted(result.changes.items(), key=lambda pair: -abs(pair[1]))[:5]:
    print(f"{name:<16}{change:+.2f}")

# %% Before and after, side by side.
pair = torch.cat([result.before, result.after])
write_image(grid(pair, columns=2), Path("smiling.png"))
