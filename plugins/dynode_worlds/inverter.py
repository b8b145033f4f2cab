"""The inverter of a world: its encoder with a short refinement, and strangers turned away."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.errors import UnlikePictureError
from dynode.plugins import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from dynode.generator import Generator
    from dynode.latents import Latents
    from dynode_worlds.inversion import Inversion


@dataclass(frozen=True)
class EncoderOptions:
    """Options of a world's encoder."""

    steps: int = dynode.option(
        3,
        help="Steps of refinement of a picture after the encoder, at most; 60 for the last decibels.",
        unit="steps",
        min=0,
        max=2000,
    )
    each_frame: bool = dynode.option(
        False, help="Refine every frame of a clip by itself, not key frames for their neighbours."
    )
    any_picture: bool = dynode.option(False, help="Accept pictures that the generator cannot draw.")


class WorldInverter(dynode.Inverter):
    """The bundled encoder of a world, with a short refinement.

    Attributes:
        shown: What a picture of the world is, with its article.
    """

    options = EncoderOptions
    check_options: ClassVar = {"steps": 2}
    shown: ClassVar[str]

    @abstractmethod
    def encoder(self, generator: Generator) -> nn.Module:
        """Load the bundled encoder, frozen, onto the device of a generator whose codes it is to read."""

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: EncoderOptions,
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes; see `Inverter.invert`.

        Raises:
            UnlikePictureError: A picture is unlike anything the generator draws, and `any_picture` is off.
        """
        found = self.inversion(generator).invert(images, options, progress=progress)
        return self._accepted(images, *found, options)

    def settle(
        self,
        generator: Generator,
        look: Callable[[Tensor], Tensor],
        options: EncoderOptions,
    ) -> Tensor | None:
        """Move the square of a face to where it is read best: heads turn and differ within a world's square.

        See `Inverter.settle`.
        """
        from dynode_worlds.settling import best_move

        inversion = self.inversion(generator)

        def redrawn(crops: Tensor) -> Tensor:
            images = crops.to(generator.device)
            return inversion.redrawn(images, inversion.read(images))

        return best_move(look, redrawn)

    def invert_next(
        self,
        generator: Generator,
        images: Tensor,
        options: EncoderOptions,
        *,
        before: tuple[Tensor, Latents] | None,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes of the next frames of a clip; see `Inverter.invert_next`.

        Raises:
            UnlikePictureError: See `invert`.
        """
        if options.each_frame:
            return self.invert(generator, images, options, seed=seed, progress=progress)
        found = self.inversion(generator).invert_next(images, options, before=before)
        return self._accepted(images, *found, options)

    def even_out(self, latents: Latents, options: EncoderOptions) -> Latents:
        """Even out the codes of a clip; see `Inverter.even_out`."""
        from dynode_worlds.inversion import evened

        return latents if options.each_frame else latents.with_w(evened(latents.w))

    def inversion(self, generator: Generator) -> Inversion:
        """Pair a generator of the world with the encoder that reads its codes."""
        from dynode_worlds.inversion import Inversion

        return Inversion(generator, self.encoder(generator))

    def _accepted(
        self, images: Tensor, w: Tensor, drawn: Tensor, options: EncoderOptions
    ) -> Latents:
        from dynode.latents import Latents
        from dynode_worlds.inversion import WORST_DB

        worst = int(drawn.argmin())
        reached = float(drawn[worst])
        if reached < WORST_DB and not options.any_picture:
            raise UnlikePictureError(
                f"the picture is not {self.shown} of this generator's world, {self.domains[0]}: it can be "
                f"redrawn at {reached:.1f} dB only, at least {WORST_DB:g} dB is expected; "
                + self._advice(images[worst : worst + 1])
            )
        return Latents(w)

    def _advice(self, image: Tensor) -> str:
        """Say what to do with a picture (1, 3, h, w) that is none of this world."""
        world = self.domains[0]
        for other in dynode.plugins.registry().inverters:
            if isinstance(other, WorldInverter) and other is not self:
                reached = other.recognition(image)
                if reached is not None:
                    return (
                        f"it looks like {other.shown} of the world {other.domains[0]}, which redraws it at "
                        f"{reached:.1f} dB: use --generator {other.domains[0]}"
                    )
        return (
            f"use a picture from 'dynode {world} render', or a generator and inverter for photographs with "
            "--generator and --inverter"
        )

    def recognition(self, image: Tensor) -> float | None:
        """Return how well the bundled generator redraws a picture (1, 3, h, w), in decibels.

        Returns:
            None if the picture is none of this world, or the world cannot be asked.
        """
        from dynode.errors import DynodeError
        from dynode.generator import load_generator
        from dynode_worlds.inversion import WORST_DB
        from dynode_worlds.resizing import resized

        try:
            generator = load_generator(self.domains[0])
            asked = self.inversion(generator)
        except DynodeError:
            return None
        shown = resized(image.to(generator.device), generator.info.resolution[0])
        reached = float(asked.redrawn(shown, asked.read(shown)))
        return reached if reached >= WORST_DB else None
