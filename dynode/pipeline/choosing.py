"""Choose the inverter of a picture, with its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image
from torch import Tensor

from dynode import plugins
from dynode.errors import MissingWeightsError, PluginError, UsageError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import fit_to
from dynode.options import build_options
from dynode.plugins.boundary import check_codes
from dynode.plugins.inverter import Inverter
from dynode.plugins.methods import Progress, silent


@dataclass(frozen=True)
class ReadyInverter:
    """An inverter with checked options.

    Attributes:
        method: The inverter.
        options: An instance of its options.
    """

    method: Inverter
    options: Any  # an instance of `method.options`

    def invert(
        self, generator: Generator, images: Tensor, *, seed: int, progress: Progress = silent
    ) -> Latents:
        """Find the codes of pictures (n, 3, h, w), checked; see `Inverter.invert`."""
        return check_codes(
            self.method,
            generator,
            len(images),
            lambda: self.method.invert(
                generator, images, self.options, seed=seed, progress=progress
            ),
        )

    def invert_next(
        self,
        generator: Generator,
        images: Tensor,
        *,
        before: tuple[Tensor, Latents] | None,
        seed: int,
        progress: Progress = silent,
    ) -> Latents:
        """Find the codes of further frames of a clip, checked; see `Inverter.invert_next`."""
        return check_codes(
            self.method,
            generator,
            len(images),
            lambda: self.method.invert_next(
                generator, images, self.options, before=before, seed=seed, progress=progress
            ),
        )

    def even_out(self, generator: Generator, latents: Latents) -> Latents:
        """Even the codes of a clip out in time, checked; see `Inverter.even_out`."""
        return check_codes(
            self.method,
            generator,
            len(latents),
            lambda: self.method.even_out(latents, self.options),
        )

    def takes_whole(self, generator: Generator) -> bool:
        """Say whether photographs reach the inverter in its own way, not cut to the generator's shape."""
        return self.method.framing(generator, self.options) is not None

    def settle(
        self, generator: Generator, look: Callable[[Tensor], Tensor]
    ) -> tuple[float, float, float, float] | None:
        """Ask how the square of a found face is to be moved, checked; see `Inverter.settle`.

        Raises:
            PluginError: It is no move.
        """
        move = self.method.settle(generator, look, self.options)
        if move is None:
            return None
        if tuple(move.shape) != (4,) or not bool(move.isfinite().all()):
            raise PluginError(
                f"inverter {self.method.name!r} moves a square by {tuple(move.shape)} numbers; expected 4 "
                f"finite ones (across, down, turn, growth): fix its settle()"
            )
        across, down, turn, growth = move.tolist()
        return across, down, turn, growth

    def framed(self, photo: Image.Image, generator: Generator) -> Tensor:
        """Bring a photograph to what the inverter takes: (1, 3, h, w) float in [-1, 1]."""
        framing = self.method.framing(generator, self.options)
        return fit_to(photo, generator.info.resolution) if framing is None else framing(photo)


def ready_inverter(
    generator: Generator, name: str | None = None, options: Mapping[str, Any] | None = None
) -> ReadyInverter:
    """Choose an inverter and check its options.

    Args:
        generator: The generator to invert into.
        name: Name of the inverter; None for the one of the generator's domain.
        options: Its options by name.

    Raises:
        UnknownNameError: No inverter or no option has this name.
        OptionError: An option has a value it cannot have.
        UsageError: See `choose_inverter`.
        MissingWeightsError: No inverter fits the domain.
    """
    method = choose_inverter(generator, name)
    return ReadyInverter(method, build_options(method.options, options or {}, owner=method.name))


def choose_inverter(generator: Generator, name: str | None) -> Inverter:
    """Return the named inverter, or the one of the generator's domain.

    Raises:
        UnknownNameError: No inverter has this name.
        UsageError: It is not for this generator's domain.
        MissingWeightsError: No inverter fits the domain.
    """
    inverters = plugins.registry().inverters
    domain = generator.info.domain
    if name is not None:
        chosen = inverters[name]
        if chosen.domains and domain not in chosen.domains:
            raise UsageError(
                f"inverter {name!r} is for {', '.join(chosen.domains)}, the generator draws {domain}; "
                f"choose another with --inverter"
            )
        return chosen
    for candidate in [
        *(i for i in inverters if i.domains),
        *(i for i in inverters if not i.domains),
    ]:
        is_fitting = not candidate.domains or domain in candidate.domains
        if is_fitting and candidate.suits(generator.info):
            return candidate
    raise MissingWeightsError(
        f"no inverter is installed for {domain}, so pictures cannot be edited; leave the source out to "
        f"edit a sampled picture, or give codes as a .safetensors file"
    )
