"""Where the training of a StyleGAN2 starts: new networks, or those of a checkpoint."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import torch

from dynode.errors import CheckpointError, MediaError, OptionError
from dynode.generator import load_generator
from dynode.stylegan2 import (
    DiscriminatorConfig,
    DiscriminatorNetwork,
    GeneratorConfig,
    GeneratorNetwork,
    StyleGAN2,
    load_discriminator,
)
from dynode_adversarial.low_rank import tune_low_rank
from dynode_adversarial.options import AdversarialOptions, group_of
from dynode_adversarial.pictures import TrainingPictures
from dynode_adversarial.starting import copy_matching

Pair = tuple[GeneratorNetwork, DiscriminatorNetwork]


def start_pair(
    options: AdversarialOptions,
    pictures: TrainingPictures,
    start: str | None,
    seed: int,
    device: torch.device,
) -> Pair:
    """Build both networks for training.

    Args:
        options: Shape of new ones.
        pictures: What they are trained on.
        start: Generator to start from, by name or file; its discriminator comes along where the file
            holds one of its shape.
        seed: Seed of new weights.
        device: Where to compute.

    Raises:
        OptionError: The generator is no StyleGAN2, or draws other pictures than the data set's.
        MediaError: The pictures are of no size that a new network draws.
    """
    classes = pictures.labels.shape[1]
    if start is None:
        config = _new_config(options, pictures, classes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            generator = GeneratorNetwork(config)
    else:
        generator = _loaded(start, pictures, classes)
    judge = _judge(options, generator.config, start, seed)
    return generator.train().to(device), judge.train().to(device)


def hold_parts(
    generator: GeneratorNetwork, freeze: str, rank: int, start: str | None, seed: int
) -> None:
    """Hold what fine-tuning shall leave as it is.

    Args:
        generator: Of the start.
        freeze: `none`, `mapping`, or `styles`: the mapping and what makes styles of codes.
        rank: Rank of the offsets that are trained in place of weights; 0 trains weights.
        start: What it started from.
        seed: Seed of new offsets.

    Raises:
        OptionError: There is no start, or both are asked for.
    """
    if start is None and (rank or freeze != "none"):
        asked = f"--rank is {rank}" if rank else f"--freeze is {freeze}"
        raise OptionError(f"{asked}, which is for fine-tuning; name a generator with --from")
    if rank and freeze != "none":
        raise OptionError(
            "--freeze does not apply with --rank, which holds all else; leave one out"
        )
    if rank:
        tune_low_rank(generator, rank, seed=seed)
    if freeze != "none":
        generator.mapping.requires_grad_(False)
    if freeze == "styles":
        for name in generator.synthesis.rows:
            generator.synthesis.layer(name).affine.requires_grad_(False)


def _new_config(
    options: AdversarialOptions, pictures: TrainingPictures, classes: int
) -> GeneratorConfig:
    height, width = pictures.size
    if height != width or height < 8 or height & (height - 1):
        raise MediaError(
            f"the pictures of {pictures.clips.store.source.name} are {width}×{height} pixels; expected a "
            "square with a side that is a power of two; use 'dynode data crop --size-px'"
        )
    return GeneratorConfig(
        height,
        options.channels_at(height),
        z_dim=options.z_dim,
        w_dim=options.w_dim,
        c_dim=classes,
        mapping_layers=getattr(options, "mapping_layers", 2),
    )


def _loaded(start: str, pictures: TrainingPictures, classes: int) -> GeneratorNetwork:
    source = load_generator(start, device="cpu")
    if type(source) is not StyleGAN2:
        raise OptionError(
            f"--from names {source.info.name}, which is no StyleGAN2; give one, or leave --from out"
        )
    config = source.network.config
    if config.size != pictures.size or config.c_dim != classes or config.image_channels != 3:
        raise OptionError(
            f"{source.info.name} draws {config.size[1]}×{config.size[0]} px of {config.c_dim} classes and "
            f"{config.image_channels} channels, and the data set has {pictures.size[1]}×{pictures.size[0]} "
            f"px of {classes} classes in RGB; use 'dynode data crop', or another generator"
        )
    network = GeneratorNetwork(config)
    copy_matching(network, source.network.state_dict())
    return network


def _judge(
    options: AdversarialOptions, drawn: GeneratorConfig, start: str | None, seed: int
) -> DiscriminatorNetwork:
    """Build the discriminator; that of the checkpoint, where there is one of this shape."""
    group = group_of(options.batch)
    if start is not None and Path(start).is_file():
        try:
            found = load_discriminator(start)
        except CheckpointError as error:
            warnings.warn(f"the discriminator starts anew: {error}", stacklevel=4)
        else:
            network = DiscriminatorNetwork(dataclasses.replace(found.config, mbstd_group=group))
            copy_matching(network, found.state_dict())
            return network
    elif start is not None:
        warnings.warn(f"the discriminator starts anew: {start} is no file with one", stacklevel=4)
    channels = options.channels_at(drawn.resolution)
    config = DiscriminatorConfig(
        drawn.resolution, channels, c_dim=drawn.c_dim, mbstd_group=group, base=drawn.base
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        return DiscriminatorNetwork(config)
