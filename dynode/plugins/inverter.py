"""What plugins contribute: the base class of inverters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from dynode.options import NoOptions
from dynode.plugins.methods import Plugin, Progress

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from dynode.generator.protocol import Generator, GeneratorInfo
    from dynode.latents.latents import Latents


class Inverter(Plugin):
    """A way of finding the latents of given pictures.

    Attributes:
        options: Dataclass of typed, documented options.
        domains: Generator domains it works for; empty for any.
        small_budget: Options by name with which `dynode bench --budget small` runs it: three seconds a
            picture on one core, at most.
    """

    options: ClassVar[type] = NoOptions
    domains: ClassVar[tuple[str, ...]] = ()
    small_budget: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # values by option name

    def suits(self, info: GeneratorInfo) -> bool:
        """Say whether to take it for a generator of its domains when no inverter is named.

        Say no where it needs files that are not there, or more time than one waits unasked.
        """
        return True

    def framing(
        self,
        generator: Generator,
        options: Any,  # an instance of `self.options`
    ) -> Callable[[Image.Image], Tensor] | None:
        """Say how photographs are brought to the pictures that `invert` is given.

        Returns:
            What makes (1, 3, h, w) of an 8-bit RGB photograph or frame, of any size; None cuts the
            middle out at the generator's resolution.
        """
        return None

    def settle(
        self,
        generator: Generator,
        look: Callable[[Tensor], Tensor],
        options: Any,  # an instance of `self.options`
    ) -> Tensor | None:
        """Say how the square of a face that was found in a photograph is to be moved before it is cut out.

        Override it where the generator draws faces elsewhere than landmarks tell.

        Args:
            generator: The generator to render with.
            look: Cuts it out at moved places: moves (n, 4) give pictures (n, 3, h, w) as `invert` takes
                them. A move is across and down in parts of the side, a turn in radians, and the
                logarithm of the growth.
            options: An instance of `self.options`.

        Returns:
            A move (4,); None leaves the square where it is.
        """
        return None

    def wants_whole_clips(self, options: Any) -> bool:  # an instance of `self.options`
        """Say whether all frames of a clip are to be given in one call, for what they share."""
        return False

    @abstractmethod
    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: Any,  # an instance of `self.options`
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes that render the given pictures.

        Args:
            generator: The generator to render with.
            images: (n, 3, h, w) float in [-1, 1], RGB, at the generator's resolution; from
                photographs as `framing` makes them.
            options: An instance of `self.options`.
            seed: Seed of everything random.
            progress: Called after every step.

        Returns:
            Latents of n pictures.
        """

    def invert_next(
        self,
        generator: Generator,
        images: Tensor,
        options: Any,  # an instance of `self.options`
        *,
        before: tuple[Tensor, Latents] | None,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes of the next frames of a clip, in order; as `invert` does, unless overridden.

        It is given what `invert` is, and `before`: the frame before these, (1, 3, h, w), and the code that
        was found for it; None for the first frames of a clip. Returned are latents of n frames.
        """
        return self.invert(generator, images, options, seed=seed, progress=progress)

    def even_out(self, latents: Latents, options: Any) -> Latents:  # an instance of `self.options`
        """Take the trembling out of all codes of a clip, in order; as they are, unless overridden."""
        return latents
