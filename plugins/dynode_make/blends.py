"""Blend two networks of one ancestry: a generator of its own, and the way to it as a direction."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch
from PIL import Image

from dynode import __version__
from dynode.direction import NetworkDirection
from dynode.errors import OptionError, UnknownNameError
from dynode.generator import Generator, loaded
from dynode.media import grid, write_image
from dynode.pipeline import Written, chosen_seeds, sample_seeds, synthesize_batches
from dynode.plugins import Progress, silent
from dynode.stylegan2 import CLASS_NAMES, StyleGAN2
from dynode.stylegan2.checkpoints import Checkpoint, layout_of_suffix, write_checkpoint
from dynode_make.blend_fit import blendable, check_fit, write_of_family
from dynode_make.fitting_directions import FittingDirection, fitting_directions
from dynode_make.joining import (
    MAPPING,
    joined_generator,
    kinship,
    shares_by_resolution,
    way_between,
)

_STRANGERS = 0.3
"""Cosine of the weights below which two networks have no common ancestor to speak of."""


@dataclass(frozen=True)
class BlendOptions:
    """How two networks are blended.

    Attributes:
        resolution: First block that is of the second network; None for the middle one.
        soft: Blocks below it over which the second fades out.
        average: Instead: the share of the second in every weight, mapping included.
        amount: Multiplies the shares of the second.
    """

    resolution: int | None = None
    soft: int = 0
    average: float | None = None
    amount: float = 1.0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Make options of keywords that a user gave.

        Raises:
            UnknownNameError: There is no such option.
        """
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                raise UnknownNameError("option of blend", name, known)
        return cls(**options)

    def shares(self, generator: StyleGAN2) -> dict[str, float]:
        """Return the share of the second network in each part of a generator's network.

        Raises:
            OptionError: A number is out of range, or two options contradict each other.
        """
        blocks = generator.network.config.resolutions
        for name, share in (("--average", self.average), ("--amount", self.amount)):
            if share is not None and not 0 <= share <= 1:
                raise OptionError(f"{name} is {share:g}; expected a share from 0 to 1")
        if self.average is not None:
            if self.resolution is not None or self.soft:
                raise OptionError(
                    "--average does not apply with --resolution or --soft; leave one of them out"
                )
            parts = (MAPPING, *(f"b{block}" for block in blocks))
            return dict.fromkeys(parts, self.average * self.amount)
        resolution = blocks[len(blocks) // 2] if self.resolution is None else self.resolution
        if resolution not in blocks or self.soft < 0:
            told = f"--resolution is {resolution}" if self.soft >= 0 else f"--soft is {self.soft}"
            raise OptionError(f"{told}; expected one of {list(blocks)}, and 0 or more soft blocks")
        return shares_by_resolution(generator.network, resolution, self.soft, self.amount)


@dataclass(frozen=True, eq=False)
class Blend:
    """Two networks of one shape, and how much of the second stands in each part.

    Attributes:
        first: What gives the mapping and the coarse blocks.
        second: What gives the others.
        shares: Share of the second by part: `mapping`, `b4`, `b8` and so on.
        kinship: Cosine of the weights of the two: 1 for the same, about 0 for strangers.
        name: Name of the blend.
    """

    first: StyleGAN2
    second: StyleGAN2
    shares: Mapping[str, float]
    kinship: float
    name: str

    @cached_property
    def generator(self) -> StyleGAN2:
        """The blended generator, a network of its own."""
        return joined_generator(self.first, self.second, self.shares, self.name)

    def slider(self, *, rank: int | None = None) -> NetworkDirection:
        """Return the way from the first network to the blend as a direction of the first.

        Strength 1 draws what the blend draws, 0.5 what one of half the amount does, with no second
        network in memory. Codes carry offsets of convolutions and styles; a warning tells what else
        differs and is left out.

        Args:
            rank: Largest rank of the offsets, for a small file; None keeps them exact.
        """
        second = self.second.to(self.first.device, self.first.dtype)
        way, left_out = way_between(self.first.network, second.network, self.shares)
        if left_out:
            warnings.warn(
                f"the slider leaves out what codes cannot carry: {len(left_out)} parts of "
                f"{self.second.info.name} that differ, such as {left_out[0]}; the blend itself has them",
                stacklevel=2,
            )
        info = self.first.info
        way = way.with_info(
            name=self.name,
            method="blend",
            options={"shares": dict(self.shares), "rank": rank},
            fingerprint=info.fingerprint,
            generator=info.name,
            licence=self.generator.info.licence,
            unit="the blend",
            created_with=__version__,
        )
        return way if rank is None else way.of_rank(rank)

    def directions(
        self, *, count: int = 32, seed: int = 0, progress: Progress = silent
    ) -> tuple[FittingDirection, ...]:
        """Measure which ready directions of the parents do on the blend what they do on their own.

        Args:
            count: Pictures.
            seed: Seed of the pictures.
            progress: Called with the number of directions.

        Raises:
            MissingWeightsError: No scorer knows the pictures of the first network.
        """
        return fitting_directions(
            self.generator, (self.first, self.second), count=count, seed=seed, progress=progress
        )

    def sheet(self, seeds: str = "0-5", *, progress: Progress = silent) -> Image.Image:
        """Draw seeds of the first network, of the blend and of the second: three rows."""
        chosen, drawn = chosen_seeds(seeds), []
        for one in (self.first, self.generator, self.second):
            codes = sample_seeds(one, chosen, truncation=0.7)
            drawn.append(synthesize_batches(one, codes, progress=progress))
        return grid(torch.cat(drawn), columns=len(chosen))

    def save_sheet(
        self, path: str | Path, seeds: str = "0-5", *, progress: Progress = silent
    ) -> Written:
        """Write what `sheet` draws; a file of that name is replaced.

        Raises:
            MediaError: No image format has this suffix.
        """
        write_image(self.sheet(seeds, progress=progress), Path(path))
        return Written(Path(path), 3 * len(chosen_seeds(seeds)))

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the blended network as a checkpoint.

        Args:
            path: `.safetensors`, `.pt` or `.pkl`, each a layout.
            force: Replace a file of that name.

        Raises:
            OptionError: The suffix tells no layout.
            OutputExistsError: The file exists.
            UnsupportedCheckpointError: The layout cannot express the network.
        """
        target, info = Path(path), self.generator.info
        layout = check_network_name(target)
        if type(self.generator) is not StyleGAN2:
            write_of_family(self.generator, target, force=force)
            return
        about = {"name": info.name, "domain": info.domain, "crop": info.crop}
        about |= {"licence": info.licence, "source": info.source, "mean_w": info.mean_code}
        if info.class_names:
            about[CLASS_NAMES] = json.dumps(list(info.class_names))
        made = self.generator.to("cpu", torch.float32).network
        found = Checkpoint("dynode", made.config, made.state_dict(), metadata=about)
        write_checkpoint(found, target, layout=layout, force=force)


def check_network_name(path: Path) -> str:
    """Return the layout that a file's suffix means.

    Raises:
        OptionError: It means none.
    """
    layout = layout_of_suffix(path.suffix)
    if layout is None:
        raise OptionError(
            f"the suffix of {path.name} tells no layout of networks; use .safetensors, .pt or .pkl"
        )
    return layout.name


def blend(
    first: Generator | str | Path,
    second: Generator | str | Path,
    *,
    name: str = "blend",
    device: str | None = None,
    **options: Any,  # of BlendOptions, checked against its fields
) -> Blend:
    """Join two networks of one ancestry, such as a generator and one that was fine-tuned from it.

    Args:
        first: What gives the mapping and the coarse blocks: a loaded StyleGAN2, or a video generator of
            that architecture, its name or file.
        second: What gives the blocks from `resolution` on: one of the same kind, or a StyleGAN2 of pictures.
        name: Name of the blend.
        device: Where to compute, for generators that are not loaded yet.
        **options: Fields of `BlendOptions`, such as `resolution=32`, `soft=1` or `average=0.5`.

    Raises:
        GeneratorMismatchError: They are no StyleGAN2, of different shapes, or the same.
        OptionError: See `BlendOptions`.

    Source:
        Pinkney and Adler 2020, Resolution dependent GAN interpolation, arXiv:2010.05334.
        Deviation: the border fades by blocks, the mapping is always the first's.
    """
    how = BlendOptions.of(options)
    one, other = blendable(*(loaded(given, device=device) for given in (first, second)))
    shares = how.shares(one)
    check_fit(one, other, shares)
    alike = kinship(one.network, other.network)
    if alike < _STRANGERS:
        warnings.warn(
            f"{one.info.name} and {other.info.name} are strangers: their weights agree by {alike:.2f} "
            f"(1 is the same), so the blend draws pictures of neither; blend a network with what was "
            f"fine-tuned from it",
            stacklevel=2,
        )
    return Blend(one, other, shares, alike, name)
