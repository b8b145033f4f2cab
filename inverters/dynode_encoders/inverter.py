"""What inverters that read codes with an encoder share; importing this imports nothing heavy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dynode.plugins import Inverter, Progress, Trainable

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from dynode.generator import Generator, GeneratorInfo
    from dynode.latents import Latents
    from dynode_encoders.reading import LoadedEncoder


class EncoderInverter(Inverter, Trainable):
    """An inverter with an encoder: a file that is given, or one that is bundled for the generator.

    Its options have `weights: Path | None` and `batch: int`; its training options are a recipe of
    `dynode_encoders.training`.

    Attributes:
        bundled: Folder of encoders that come with it, found by the fingerprint in their files.
        inputs: Channels its encoders take: 3 for pictures, 6 with a reconstruction.
    """

    bundled: ClassVar[Path]
    inputs: ClassVar[int] = 3
    shares_processes = True

    @abstractmethod
    def read(
        self,
        encoder: LoadedEncoder,
        generator: Generator,
        images: Tensor,
        options: Any,  # an instance of `self.options`
        *,
        progress: Progress,
    ) -> Tensor:
        """Read the codes of a few pictures, without gradients.

        Args:
            encoder: The encoder, on the device of the generator.
            generator: What will draw the codes.
            images: (n, 3, h, w) float in [-1, 1], RGB, in the type of the encoder.
            options: An instance of `self.options`.
            progress: Called after every pass.

        Returns:
            Codes in W+, (n, rows, width).
        """

    def bundled_for(self, info: GeneratorInfo) -> Path | None:
        """Find the encoder of a generator that is bundled, or was fetched in one file with it."""
        from dynode.models import weights_for
        from dynode_encoders.choosing import find_bundled

        found = find_bundled(self.bundled, info)
        return found or weights_for("generator", self.name, source=info.source)

    def suits(self, info: GeneratorInfo) -> bool:
        """See `Inverter.suits`: the bundled encoder was trained for this generator."""
        return self.bundled_for(info) is not None

    def open(self, path: Path | None, generator: Generator) -> LoadedEncoder:
        """Open an encoder.

        Args:
            path: File; None for the bundled one.
            generator: What it has to fit.

        Raises:
            MissingWeightsError: No file was given, and none is bundled for the generator.
            GeneratorMismatchError: The encoder is for a generator of another shape.
            CheckpointError: The file cannot be used.
        """
        from dynode_encoders.choosing import checked_encoder, missing_encoder

        chosen = path or self.bundled_for(generator.info)
        if chosen is None:
            raise missing_encoder(self.name, generator.info)
        return checked_encoder(chosen, generator, inputs=self.inputs)

    def framing(
        self,
        generator: Generator,
        options: Any,  # an instance of `self.options`
    ) -> Callable[[Image.Image], Tensor] | None:
        """See `Inverter.framing`: as the encoder was trained."""
        if options.weights is None:
            return None
        return self.open(options.weights, generator).framing

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: Any,  # an instance of `self.options`
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes; see `Inverter.invert` and `open`."""
        import torch

        from dynode.latents import Latents

        encoder = self.open(options.weights, generator)
        found = list[torch.Tensor]()
        with torch.no_grad():
            for part in images.to(encoder.latent_avg.dtype).split(options.batch):
                begin, size = sum(map(len, found)), len(part)

                def report(
                    done: int, total: int, message: str = "", begin: int = begin, size: int = size
                ) -> None:
                    progress(begin * total + done * size, len(images) * total, message)

                found.append(self.read(encoder, generator, part, options, progress=report))
        return Latents(torch.cat(found).to(generator.dtype))

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
        """Train an encoder; see `Trainable.train`."""
        from dynode_encoders.training.trainer import train_encoder

        train_encoder(
            generator,
            options,
            output,
            data=data,
            folder=folder,
            seed=seed,
            force=force,
            progress=progress,
        )
