"""What plugins contribute: base classes of direction methods, generators and models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from dynode.options import NoOptions

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor

    from dynode.direction.base import Direction
    from dynode.generator.protocol import Generator, GeneratorInfo
    from dynode.latents.latents import Latents
    from dynode.plugins.loaded import ScorerModel, TextImageModel
    from dynode.plugins.truth import Truth


class Progress(Protocol):
    """Called by long work to say how far it is."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Report progress.

        Args:
            done: Steps finished.
            total: Steps in all.
            message: A few words on the current step, for example `"loss 0.41"`.
        """


def silent(done: int, total: int, message: str = "") -> None:
    """Report progress to nobody."""


class Plugin(ABC):
    """Anything that is registered under a name.

    Attributes:
        name: Name users type; lower case, digits and hyphens.
        summary: One line shown by `dynode plugins` and `--help`.
        check_options: Small, quick options for `dynode.testing.checks_for`; needed where some are required.
        expected_failures: Reasons why single checks are expected to fail, by the check's id.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    check_options: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # values by option name
    expected_failures: ClassVar[Mapping[str, str]] = MappingProxyType({})


class DirectionMethod(Plugin):
    """A way of finding editing directions.

    Attributes:
        options: Dataclass of typed, documented options: flags, keywords of `dynode.find`, controls.
        per_image: Whether a direction fits only the latents it was found on (latent optimisation)
            instead of any latents of the generator.
        small_budget: Options by name with which `dynode bench --budget small` runs it: a minute of one
            core, at most.
        text_form: What a text has to look like for it; `{text}` stands for the text itself.
        finds_motions: Whether it finds motions: ready ones, `NAME.METHOD`, come first in `dynode animate`.
        shares_processes: Whether processes of `torchrun` share its work; else several are refused.
    """

    options: ClassVar[type] = NoOptions
    per_image: ClassVar[bool] = False
    small_budget: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # values by option name
    text_form: ClassVar[str] = "{text}"
    finds_motions: ClassVar[bool] = False
    shares_processes: ClassVar[bool] = False

    @abstractmethod
    def find(
        self,
        generator: Generator,
        options: Any,  # an instance of `self.options`
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find one or several directions.

        Args:
            generator: The generator whose pictures are to be edited.
            options: An instance of `self.options`.
            seed: Seed of everything random; the same seed gives the same result.
            progress: Called after every step.
            latents: The codes to be edited, for methods with `per_image`; others ignore it.

        Returns:
            The direction, or several.
        """


class DirectionKind(Plugin):
    """A kind of direction besides the core's, so that files of it can be read.

    Attributes:
        name: The `space` of the class, which stands in its files.
    """

    @abstractmethod
    def load(self) -> type[Direction]:
        """Import and return the class: a subclass of `Direction` with `tensors` and `from_tensors`."""


class GeneratorProvider(Plugin):
    """A generator known by name, for example a bundled one.

    Attributes:
        licence: SPDX identifier of the weights' licence.
        domain: What it draws, free text such as `faces`.
        default: Whether it draws pictures when no generator is named.
        default_video: Whether it draws videos when no generator, or its domain alone, is named.
        default_live: Whether a person who edits by eye, as in the studio, sees its pictures then.
        directions: Folder of ready directions for it, which then can be named; None for none.
        draws_faces: Whether its domain shows faces, for what needs them; None if nobody says.
    """

    licence: ClassVar[str] = "unknown"
    domain: ClassVar[str] = "unknown"
    default: ClassVar[bool] = False
    default_video: ClassVar[bool] = False
    default_live: ClassVar[bool] = False
    directions: ClassVar[Path | None] = None
    draws_faces: ClassVar[bool | None] = None

    @abstractmethod
    def load(self, device: torch.device | str) -> Generator:
        """Load the generator onto a device.

        Raises:
            MissingWeightsError: The weights are not on this machine.
        """


class GeneratorFamily(Plugin):
    """A kind of generator file besides StyleGAN2's layouts."""

    @abstractmethod
    def can_read(self, path: Path) -> bool:
        """Say whether the file looks like one of this family, reading only its head."""

    @abstractmethod
    def read(self, path: Path, device: torch.device | str) -> Generator:
        """Load the generator in the file onto a device."""


class TextEncoder(Plugin):
    """A text-image model that plugins can ask for.

    Attributes:
        domains: Generator domains it was trained for; empty for any picture.
        neutral: What every picture of these domains shows, in words: what a text is compared with.
    """

    domains: ClassVar[tuple[str, ...]] = ()
    neutral: ClassVar[str] = "a face"

    @abstractmethod
    def load(
        self, device: torch.device | str, *, weights: Path | None = None, architecture: str = ""
    ) -> TextImageModel:
        """Load the model onto a device.

        Args:
            device: Where it computes.
            weights: Weights file, for encoders that bundle none.
            architecture: Architecture name, for encoders that know several.
        """


class Scorer(Plugin):
    """A predictor of attributes from pixels.

    Attributes:
        attributes: Names of what is predicted, in the order of the columns.
        domains: Generator domains it was trained for; empty for any picture.
        texts: Attributes that words say, with a text that says more of each, as `dynode bench` asks.
        identity: Attributes that say who it is, and that an edit should leave alone.
    """

    attributes: ClassVar[tuple[str, ...]] = ()
    domains: ClassVar[tuple[str, ...]] = ()
    texts: ClassVar[Mapping[str, str]] = MappingProxyType({})
    identity: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def load(self, device: torch.device | str) -> ScorerModel:
        """Load the predictor onto a device."""

    def known_scores(self, info: GeneratorInfo, *, seed: int, truncation: float) -> Tensor | None:
        """Return scores that come with the plugin, so that nobody has to measure them.

        Args:
            info: The generator that draws.
            seed: Seed of the population, as `dynode.generator.draw_population` takes it.
            truncation: Its truncation.

        Returns:
            (n, attributes) of the first n pictures; None, as here, where they have to be measured.
        """
        return None

    def truth(self, info: GeneratorInfo) -> Truth | None:
        """Return the world behind the generator's pictures; None, as here, where nobody knows it."""
        return None
