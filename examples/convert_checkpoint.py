"""Read a generator of one published layout, write another."""

# %% A file to start from: a small generator with random weights, in dynode's own layout.
from pathlib import Path

import torch

import dynode
from dynode.pipeline.convert import convert_checkpoint
from dynode.testing import write_tiny_generator

source = write_tiny_generator(Path("tiny.safetensors"))

# %% The layout is asked for by its name; reading finds it out by itself.
convert_checkpoint(source, Path("tiny.pkl"), layout="nvlabs")

# %% Both draw the same.
first, second = (dynode.load_generator(path, device="cpu") for path in (source, "tiny.pkl"))
codes = first.sample(1, seed=0)
difference = (first.synthesize(codes) - second.synthesize(codes)).abs().max()
print(f"largest difference {float(difference):.1e}")
assert torch.isfinite(difference)
