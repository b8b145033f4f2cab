"""Draw facets as a cartoon, and fine-tune the bundled generator until it draws that by itself.

    python -m benchmarks.cartoon OUTPUT.safetensors [--steps 600]

The redrawing is a fixed filter: lightness in few flat tones, colours stronger, and dark outlines.
Convolutions alone are trained, by a mean absolute difference, so that seeds keep their people.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

import dynode
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint

_LUMA = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
_TONES = 5  # of the lightness


def redraw(images: Tensor) -> Tensor:
    """Redraw pictures (n, 3, h, w) in [-1, 1] as a cartoon of the same size."""
    smooth = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    luma = (smooth * _LUMA).sum(1, keepdim=True)
    steps = ((luma.clamp(-1, 1) + 1) / 2 * (_TONES - 1)).round() / (_TONES - 1) * 2 - 1
    tones = steps * 1.05 + (smooth - luma) * 1.5
    across = functional.pad(luma[..., :, 2:] - luma[..., :, :-2], (1, 1, 0, 0))
    down = functional.pad(luma[..., 2:, :] - luma[..., :-2, :], (0, 0, 1, 1))
    ink = ((across.square() + down.square()).sqrt() * 3 - 0.5).clamp(0, 1)
    return (tones * (1 - ink) - ink).clamp(-1, 1)


def fine_tune(steps: int, batch: int, output: Path, seed: int) -> None:
    parent = dynode.load_generator("facets-128")
    network = copy.deepcopy(parent.network)
    child = dynode.StyleGAN2(network, name="cartoon-facets-128", domain=parent.info.domain)
    layers = [network.synthesis.layer(name) for name in network.synthesis.rows]
    trained = [layer.weight.requires_grad_(True) for layer in layers]
    optimiser = torch.optim.Adam(trained, lr=2e-3, betas=(0.0, 0.99))
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, 2 * (1 - step / steps))
        latents = parent.sample(batch, seed=seed * 1_000_000 + step, truncation=1.0)
        with torch.no_grad():
            wanted = redraw(parent.synthesize(latents))
        drawn = child.synthesize(latents)
        loss = (drawn - wanted).abs().mean()
        for factor in (2, 4):
            small = functional.avg_pool2d(drawn - wanted, factor)
            loss = loss + small.abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 20 == 0:
            print(step, f"{loss.item():.4f}", flush=True)
        if step % 100 == 99 or step == steps - 1:
            about = {"name": "cartoon-facets-128", "domain": parent.info.domain}
            about |= {"licence": parent.info.licence, "crop": parent.info.crop}
            about["source"] = "facets-128, fine-tuned on redrawn pictures"
            found = Checkpoint("dynode", network.config, network.state_dict(), metadata=about)
            write_checkpoint(found, output, layout="dynode", force=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    fine_tune(given.steps, given.batch, given.output, given.seed)
