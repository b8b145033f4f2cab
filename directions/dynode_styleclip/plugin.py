"""Hooks of the StyleCLIP plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.errors import OptionError
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress, Trainable
from dynode_styleclip.formats import ChannelDirections, MapperCheckpoint

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents
    from dynode_styleclip.options import (
        GlobalOptions,
        MapperOptions,
        MapperTraining,
        OptimisationOptions,
    )


class LatentOptimisation(dynode.DirectionMethod):
    """Move one picture's code until CLIP sees the text in it.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 4.
    """

    name = "styleclip"
    summary = "edit a picture by a text, by optimising its code (StyleCLIP)"
    options = attribute_on_demand("dynode_styleclip.options:OptimisationOptions")
    check_options: ClassVar = {"text": "red", "steps": 2}
    per_image = True

    def find(
        self,
        generator: Generator,
        options: OptimisationOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find the offset of each given code; see `DirectionMethod.find`."""
        from dynode_styleclip.optimisation import find_offsets

        start = generator.sample(1, seed=seed) if latents is None else latents
        return find_offsets(generator, start, options, seed=seed, progress=progress)


class GlobalDirections(dynode.DirectionMethod):
    """Weigh every style channel by what it has to do with a text: one offset for all pictures.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
    """

    name = "styleclip-global"
    summary = "edit any picture by a text, by one offset of style channels (StyleCLIP)"
    options = attribute_on_demand("dynode_styleclip.options:GlobalOptions")
    check_options: ClassVar = {"text": "red", "neutral": "face", "images": 4}

    def find(
        self,
        generator: Generator,
        options: GlobalOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find one direction; see `DirectionMethod.find`."""
        from dynode_styleclip.global_direction import find_global

        return find_global(generator, options, seed=seed, progress=progress)


class LatentMapper(dynode.DirectionMethod, Trainable):
    """Train a network that edits every picture by one text, each in its own way.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 5.
    """

    name = "styleclip-mapper"
    summary = "edit any picture by a text, by a network trained for it (StyleCLIP)"
    options = attribute_on_demand("dynode_styleclip.options:MapperOptions")
    training = "mapper"
    shares_processes = True
    training_summary = "Train a StyleCLIP mapper for a text"
    training_options = attribute_on_demand("dynode_styleclip.options:MapperTraining")
    small_budget: ClassVar = {"steps": 40}
    check_options: ClassVar = {"text": "red", "steps": 3, "batch": 2}

    def find(
        self,
        generator: Generator,
        options: MapperOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Train one mapper; see `DirectionMethod.find`."""
        from dynode_styleclip.mapper_training import find_mapper

        return find_mapper(generator, options, seed=seed, progress=progress)

    def train(
        self,
        generator: Generator,
        output: Path,
        options: MapperTraining,
        *,
        data: str,
        folder: Path,
        seed: int,
        force: bool,
        progress: Progress,
    ) -> None:
        """Train one mapper and write it as a direction; see `Trainable.train`."""
        from dynode.direction import Direction
        from dynode.pipeline import sign
        from dynode.training import EventFiles, Processes
        from dynode_styleclip.mapper_training import find_mapper
        from dynode_styleclip.options import MapperOptions

        codes = None if data == "sampled" else Path(data)
        if codes is not None and (codes.is_dir() or codes.suffix == ".zip"):
            raise OptionError(
                f"--data is {data}; a mapper is trained on codes: invert the pictures first, 'dynode "
                f"invert {data} -o codes.safetensors', and give --data codes.safetensors"
            )
        shaping = {name: value for name, value in vars(options).items() if name != "tensorboard"}
        given = MapperOptions(**shaping, codes=codes)
        events = EventFiles(folder / "tensorboard") if options.tensorboard else None
        found = find_mapper(
            generator,
            given,
            seed=seed,
            progress=progress,
            folder=folder,
            listener=None if events is None else events.write,
        )
        signed = sign(found, self, given, generator.info, seed=seed)
        assert isinstance(signed, Direction)
        if Processes.join(generator.device).is_first:
            signed.save(output)


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute latent optimisation, mappers and global directions."""
    register(LatentOptimisation())
    register(LatentMapper())
    register(GlobalDirections())


@dynode.hookimpl
def register_formats(register: Callable[[dynode.Format], None]) -> None:
    """Contribute mapper checkpoints and channel directions (fs3)."""
    register(MapperCheckpoint())
    register(ChannelDirections())
