"""Video generators that start at the weights of another: a video generator's, or an image generator's."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import dynode
from dynode.errors import CheckpointError, OptionError
from dynode.stylegan2 import GeneratorConfig, StyleGAN2
from dynode_adversarial import copy_matching, new_channels
from dynode_stylegan_v.config import VideoConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.published import looks_published, read_discriminator
from dynode_stylegan_v.synthesis import VideoNetwork

_FIRST = "synthesis.b4.conv1"


def start_generator(config: VideoConfig, start: str | None, seed: int) -> VideoNetwork:
    """Build a generator for training, new or from another one's weights.

    An image generator starts as itself, drawn without noise inputs: motion enters through weights that
    are 0 (`concat_const`, `concat_w`), so that it has no say yet; with `sum_w` motion is added from the
    first step on.

    Args:
        config: Shape of a new one.
        start: Generator by name or file; None for random weights.
        seed: Seed of the weights that are new.

    Raises:
        OptionError: It is neither, or of another shape than asked.
    """
    if start is None:
        return _new(config, seed)
    source = dynode.load_generator(start)
    if isinstance(source, StyleGANV):
        _refuse_other(config, source.network.config, source.info.name)
        network = _new(source.network.config, seed)
        copy_matching(network, source.network.state_dict())
        return network
    if not isinstance(source, StyleGAN2):
        raise OptionError(
            f"--from names {source.info.name}, which is neither a video generator of this family nor a "
            "StyleGAN2; give one of them, or train motion for it with 'dynode train stylegan-v-motion'"
        )
    return _from_pictures(config, source, seed)


def _new(config: VideoConfig, seed: int) -> VideoNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VideoNetwork(config)


def _refuse_other(wanted: VideoConfig, found: VideoConfig, name: str) -> None:
    """Refuse a generator of pictures of another size, or with other classes, than the data set."""
    for field, what in (("resolution", "px"), ("c_dim", "classes")):
        ours, theirs = getattr(wanted, field), getattr(found, field)
        if ours != theirs:
            raise OptionError(
                f"the data set has {ours} {what} and {name}, which --from names, {theirs}; give a data set "
                "or a generator that fits"
            )


def _from_pictures(config: VideoConfig, source: StyleGAN2, seed: int) -> VideoNetwork:
    """Take the shape and the weights of an image generator, and give it motion."""
    found = source.network.config
    if found.resolution != config.resolution or found.c_dim != config.c_dim or found.base != (4, 4):
        raise OptionError(
            f"the data set has {config.resolution} px and {config.c_dim} classes, and {source.info.name} "
            f"draws {found.size[1]}×{found.size[0]} px of {found.c_dim} classes; give one that fits"
        )
    shared: dict[str, Any] = {
        field.name: getattr(found, field.name) for field in dataclasses.fields(GeneratorConfig)
    }
    network = _new(dataclasses.replace(config, **shared), seed)
    state = {name: part.to("cpu") for name, part in source.network.state_dict().items()}
    missed = copy_matching(network, state)
    for name in missed:
        if name in state:
            _widen(network, name, state[name])
    return network


def _widen(network: VideoNetwork, name: str, given: Tensor) -> None:
    """Copy a weight that motion made wider."""
    if name == f"{_FIRST}.weight":
        new_channels(network, name, given, 1, scale=1.0)
    elif name.startswith(f"{_FIRST}.affine.") and network.config.condition == "concat_const":
        _keep_styles(network, name, given)
    elif name.endswith("affine.weight"):
        wide = network.state_dict()[name].shape[1]
        new_channels(network, name, given, 1, scale=(wide / given.shape[1]) ** 0.5)


@torch.no_grad()
def _keep_styles(network: VideoNetwork, name: str, given: Tensor) -> None:
    """Copy the styles of the constant; those of the motion stay as they are when new."""
    network.state_dict()[name][: len(given)].copy_(given)


def hold_content(network: VideoNetwork) -> None:
    """Train the motion, and the weights through which it enters, alone.

    Raises:
        OptionError: Motion is added to the codes, where no weight of the content is of it.
    """
    config = network.config
    width = config.motion.width
    for name, part in network.named_parameters():
        if name.startswith("motion."):
            continue
        mask = _motion_part(config, name, part, width)
        if mask is None:
            part.requires_grad_(False)
        else:
            part.register_hook(_masked(mask))


def _motion_part(config: VideoConfig, name: str, part: Tensor, width: int) -> Tensor | None:
    """Return 1 where a weight belongs to the motion; None where it does nowhere."""
    mask = torch.zeros_like(part)
    is_first = config.condition == "concat_const" and name.startswith(f"{_FIRST}.")
    is_style = config.condition == "concat_w" and name.endswith("affine.weight")
    if is_style or (is_first and name == f"{_FIRST}.weight"):
        mask[:, -width:] = 1
    elif is_first and ".affine." in name:
        mask[-width:] = 1
    else:
        return None
    return mask


def _masked(mask: Tensor) -> Any:
    return lambda gradient: gradient * mask.to(gradient)


def start_discriminator(judge: VideoDiscriminator, start: str | None) -> bool:
    """Copy the weights of the discriminator of a published snapshot, where there is one that fits.

    Returns:
        Whether it did.
    """
    if start is None or not Path(start).is_file() or not looks_published(Path(start)):
        return False
    try:
        found = read_discriminator(start)
    except CheckpointError:
        return False
    return not copy_matching(judge, found.state_dict())
