"""Methods with a network that users can train."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from dynode.options import NoOptions
from dynode.plugins.methods import Progress

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from dynode.generator.protocol import Generator


class Trainable(ABC):
    """A second base of methods with a network that users can train: `dynode train NAME`.

    Of inverters, direction methods, and generators or their families.

    Attributes:
        training: Name behind `dynode train`; lower case, digits and hyphens.
        training_summary: One line for `--help`.
        training_options: Dataclass of typed, documented options.
        check_training: Small, quick options for `dynode.testing.checks_for`, which trains it twice; without
            them it is not trained there.
        shares_processes: Whether the processes that `torchrun` starts share its work (`Processes`); several
            are refused if not.
    """

    training: ClassVar[str]
    training_summary: ClassVar[str] = ""
    training_options: ClassVar[type] = NoOptions
    check_training: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # values by option name
    shares_processes: ClassVar[bool] = False

    @abstractmethod
    def train(
        self,
        generator: Generator,
        output: Path,
        options: Any,  # an instance of `self.training_options`
        *,
        data: str,
        folder: Path,
        seed: int,
        force: bool,
        progress: Progress,
    ) -> None:
        """Train, or continue, and write the weights.

        Args:
            generator: The generator to train for; not changed.
            output: File to write.
            options: An instance of `self.training_options`.
            data: `sampled` for what the generator draws, else a folder, zip file or file of what the
                method learns from; it refuses what it cannot use.
            folder: Where the run keeps its state and its log; a run in it is continued.
            seed: Seed of everything random.
            force: Replace an output that exists.
            progress: Called after every step.
        """


class TrainableGenerator(ABC):
    """A second base of generator families whose generators users can train: `dynode train NAME`.

    Unlike a `Trainable` it needs no generator: one may be named to start from.

    Attributes:
        training: Name behind `dynode train`; lower case, digits and hyphens.
        training_summary: One line for `--help`.
        training_options: Dataclass of typed, documented options.
    """

    training: ClassVar[str]
    training_summary: ClassVar[str] = ""
    training_options: ClassVar[type] = NoOptions

    @abstractmethod
    def train(
        self,
        output: Path,
        options: Any,  # an instance of `self.training_options`
        *,
        data: str,
        start: str | None,
        folder: Path,
        seed: int,
        device: torch.device,
        force: bool,
        progress: Progress,
    ) -> None:
        """Train, or continue, and write the generator.

        May run in several processes that `torchrun` started; the first one writes.

        Args:
            output: File to write.
            options: An instance of `self.training_options`.
            data: Folder or zip file to learn from, `sampled` where none was named.
            start: Generator to start from, by name or file; None for random weights.
            folder: Where the run keeps its state, log and samples; a run in it is continued.
            seed: Seed of everything random.
            device: Where this process computes.
            force: Replace an output that exists.
            progress: Called after every step.
        """
