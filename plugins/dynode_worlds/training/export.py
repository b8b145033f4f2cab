"""From the network that was trained on factors to a StyleGAN2 checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from dynode.stylegan2 import GeneratorConfig, SynthesisNetwork
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode_worlds.code_space import CodeSpace
from dynode_worlds.training.mapping import mapping_state
from dynode_worlds.world import World


def metadata_of(world: World, resolution: int) -> dict[str, str]:
    """Return what the checkpoint says about itself."""
    return {
        "name": f"{world.name}-{resolution}",
        "domain": world.name,
        "crop": "none",
        "licence": "Apache-2.0",
        "source": f"distilled from the {world.name} renderer",
    }


def export_generator(
    world: World,
    synthesis: SynthesisNetwork,
    config: GeneratorConfig,
    output: Path,
    *,
    force: bool = False,
) -> None:
    """Write a trained synthesis network with its mapping network as a checkpoint.

    Args:
        world: Whose generator it is.
        synthesis: Network whose w is the factors.
        config: Shape of the generator to write, the same but for the width of w.
        output: Checkpoint in dynode's layout, weights in half precision.
        force: Replace a file that exists.
    """
    mapping = {
        key: part.half() if part.ndim == 2 else part
        for key, part in mapping_state(world, config).items()
    }
    state = {**mapping, **synthesis_state(world.codes, synthesis, config.w_dim)}
    checkpoint = Checkpoint(
        layout="dynode",
        generator=config,
        generator_state=state,
        metadata=metadata_of(world, config.resolution),
    )
    write_checkpoint(checkpoint, output, "dynode", force=force)


def synthesis_state(space: CodeSpace, synthesis: SynthesisNetwork, w_dim: int) -> dict[str, Tensor]:
    """Compute native weights under `synthesis.` for codes of a width.

    The affine layers are composed with the reading of the factors off w; kernels and affine
    weights are rounded to half precision, and the biases make up for the rounding of the mean.
    """
    state = {}
    for key, part in synthesis.state_dict().items():
        is_large = part.ndim == 4 or key.endswith("noise_const")
        state[f"synthesis.{key}"] = part.half() if is_large else part.clone()
    for name in synthesis.rows:
        affine = synthesis.layer(name).affine
        weight, bias = laid_into_w(space, affine.weight, affine.bias, w_dim)
        state[f"synthesis.{name}.affine.weight"] = weight
        state[f"synthesis.{name}.affine.bias"] = bias
    return state


def laid_into_w(
    space: CodeSpace, weight: Tensor, bias: Tensor, w_dim: int
) -> tuple[Tensor, Tensor]:
    """Turn an affine layer of factors (o, F) into one of codes (o, w_dim) of the same output."""
    width = weight.shape[1]
    reading = torch.linalg.pinv(space.basis(w_dim))
    effective = weight.detach().double() * width**-0.5 @ reading
    raw = (effective * w_dim**0.5).half()
    moved = bias.detach().double() - raw.double() @ space.mean(w_dim) * w_dim**-0.5
    return raw, moved.float()
