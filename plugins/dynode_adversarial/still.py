"""StyleGAN2 and its discriminator, as the loop sees them, and their training from options to file."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dynode import __version__
from dynode.errors import OptionError
from dynode.generator import load_generator
from dynode.plugins import Progress, silent
from dynode.stylegan2 import DiscriminatorNetwork, GeneratorNetwork, LayerInputs, StyledConvolution
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode.training import Processes, generator_at
from dynode_adversarial.batch import Batch, Samples, as_images
from dynode_adversarial.feeding import Feeder
from dynode_adversarial.job import TrainingJob
from dynode_adversarial.loop import Plan, train_against
from dynode_adversarial.low_rank import offsets_of, plain_state
from dynode_adversarial.options import group_of
from dynode_adversarial.pictures import TrainingPictures
from dynode_adversarial.starting import freeze_blocks, identity_of
from dynode_adversarial.still_options import StillTrainingOptions
from dynode_adversarial.still_start import hold_parts, start_pair

_REAL, _FAKE = 41, 42
_SHOWN, _COLUMNS = 32, 8


class StillSides:
    """Both networks of a training on pictures; see `Sides`.

    Args:
        pair: Generator and discriminator, in training mode.
        pictures: The real ones.
        mixing: Probability of mixed styles.
        seed: Seed of everything random.
        about: Facts for the files that are written.
    """

    def __init__(
        self,
        pair: tuple[GeneratorNetwork, DiscriminatorNetwork],
        pictures: TrainingPictures,
        *,
        mixing: float,
        seed: int,
        about: dict[str, Any],
    ) -> None:
        self.generator, self.discriminator = pair
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.pictures, self.mixing, self.seed, self.about = pictures, mixing, seed, about
        self._device = next(self.generator.parameters()).device
        self._items: Sequence[int] = ()
        self._feeder = Feeder(self._read)

    def real(self, index: int, items: Sequence[int]) -> Batch:
        """Read pictures."""
        self._items = items
        pixels, chosen = self._feeder.take(index)
        images = as_images(torch.from_numpy(pixels).to(self._device))
        return Batch(images, labels=self._labels(chosen))

    def fake(self, index: int, turn: int, items: Sequence[int]) -> Batch:
        """Draw pictures, of the classes of real ones."""
        places = [(self.seed, _FAKE, index, turn, item) for item in items]
        chances = [random.Random(" ".join(map(str, place))) for place in places]
        sources = [generator_at(*place) for place in places]
        labels = self._labels([self.pictures.choose(chance)[0] for chance in chances])
        width = self.generator.config.z_dim
        z, others = (
            torch.stack([torch.randn(width, generator=source) for source in sources])
            for _ in range(2)
        )
        w = self.generator.mapping(z.to(self._device), labels)
        rows = w[:, None].repeat(1, self.generator.config.num_layers, 1)
        if self.mixing:
            rows = self._mixed(
                rows, self.generator.mapping(others.to(self._device), labels), chances
            )
        images = draw(self.generator, rows, sources)
        return Batch(images, labels=labels, w=w)

    def judge(self, batch: Batch) -> tuple[Tensor, ...]:
        """Judge pictures."""
        return (self.discriminator(batch.images, batch.labels)[:, 0],)

    def judges(self) -> list[tuple[nn.Module, float]]:
        """List the parts of the discriminator."""
        return [(self.discriminator, 1.0)]

    def mean_code(self) -> Tensor | None:
        """Give the buffer of the mean code; None where the mapping is held."""
        mapping = self.generator.mapping
        is_trained = any(part.requires_grad for part in mapping.parameters())
        return mapping.w_avg if is_trained else None

    @torch.no_grad()
    def samples(self) -> Samples:
        """Draw pictures of the first seeds beside real ones."""
        config = self.average.config
        sources = [generator_at(0, index) for index in range(_SHOWN)]
        z = torch.stack([torch.randn(config.z_dim, generator=source) for source in sources])
        classes = torch.arange(_SHOWN) % max(1, config.c_dim)
        labels = torch.eye(config.c_dim)[classes].to(self._device) if config.c_dim else None
        w = self.average.mapping(z.to(self._device), labels)
        made = draw(self.average, w[:, None].expand(-1, config.num_layers, -1), sources)
        count = min(_SHOWN, len(self.pictures.names))
        real = np.stack([self.pictures.picture(index, False) for index in range(count)])
        return Samples(as_images(torch.from_numpy(real)), made, _COLUMNS)

    def write(self, path: Path, *, force: bool) -> None:
        """Write the averaged generator and the discriminator, to draw with and to start from."""
        judge = {
            name: part.detach().cpu() for name, part in self.discriminator.state_dict().items()
        }
        configs = self.average.config, self.discriminator.config
        state = plain_state(self.average)
        made = Checkpoint("dynode", configs[0], state, configs[1], judge, self.about)
        write_checkpoint(made, path, "dynode", force=force)

    def close(self) -> None:
        """End the reading ahead."""
        self._feeder.close()

    def _mixed(self, rows: Tensor, others: Tensor, chances: list[random.Random]) -> Tensor:
        """Take the rows behind a random one from other codes, now and then."""
        count = rows.shape[1]
        cuts = [c.randrange(1, count) if c.random() < self.mixing else count for c in chances]
        behind = torch.arange(count) >= torch.tensor(cuts)[:, None]
        return torch.where(behind.to(rows.device)[..., None], others[:, None], rows)

    def _labels(self, indices: list[int]) -> Tensor | None:
        labels = self.pictures.labels_of(indices)
        return None if labels is None else labels.to(self._device)

    def _read(self, index: int) -> tuple[np.ndarray, list[int]]:
        chances = [random.Random(f"{self.seed} {_REAL} {index} {item}") for item in self._items]
        chosen = [self.pictures.choose(chance) for chance in chances]
        return np.stack([self.pictures.picture(*one) for one in chosen]), [i for i, _ in chosen]


def draw(network: GeneratorNetwork, rows: Tensor, sources: list[torch.Generator]) -> Tensor:
    """Draw pictures of codes (n, rows, w_dim) with gradients, each with noise of its own source."""
    synthesis = network.synthesis
    noise = {}
    for name in synthesis.rows:
        layer = synthesis.layer(name)
        if isinstance(layer, StyledConvolution):
            drawn = [torch.randn(1, *layer.size, generator=source) for source in sources]
            noise[name] = torch.stack(drawn).to(rows.device)
    images: Tensor = synthesis(LayerInputs(synthesis.styles(rows), {}, noise))
    return images


def train_still(
    options: StillTrainingOptions,
    output: Path,
    training: TrainingJob,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> None:
    """Train a StyleGAN2, or go on with a run that was stopped, and write both of its networks.

    Raises:
        OptionError: Options do not fit each other, the data set or the generator.
        MediaError: The data set cannot be trained on.
        UsageError: The folder holds a run with other options.

    With `rank` the output is a direction of the generator it started from, a `NetworkDirection`.

    Source:
        Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676. Deviation: no penalty of path lengths.
    """
    processes = Processes.join(training.device)
    pictures = TrainingPictures.read(training.data, labels=options.labels, flip=options.flip)
    sides = _sides(options, output, training, pictures)
    plan = Plan(
        training.folder,
        training.seed,
        max(pictures.size),
        group_of(options.batch),
        {"data": pictures.identity(), "start": identity_of(training.start)},
        processes,
        is_warm=training.start is not None,
        until=training.until,
    )
    try:
        train_against(sides, options, plan, progress=progress)
    finally:
        sides.close()
    if not processes.is_first or (training.until is not None and training.until < options.steps):
        return
    if options.rank:
        _write_offsets(sides.average, options, training, output)
    else:
        sides.write(output, force=force)


def _sides(
    options: StillTrainingOptions, output: Path, training: TrainingJob, pictures: TrainingPictures
) -> StillSides:
    """Prepare both networks, and hold what is not trained."""
    if options.rank and output.suffix != ".safetensors":
        raise OptionError(f"{output.name} is to be a direction; name a .safetensors file with -o")
    pair = start_pair(options, pictures, training.start, training.seed, training.device)
    hold_parts(pair[0], options.freeze, options.rank, training.start, training.seed)
    freeze_blocks(pair[1], options.freeze_d)
    about = _about(options, output, pictures, training.start)
    return StillSides(pair, pictures, mixing=options.mixing, seed=training.seed, about=about)


def _about(
    options: StillTrainingOptions, output: Path, pictures: TrainingPictures, start: str | None
) -> dict[str, Any]:
    """Say what a file tells of itself; with the mapping held, it shows what its start shows."""
    about = {"name": options.called or output.stem, "domain": pictures.clips.store.source.stem}
    if start is None or (options.freeze == "none" and not options.rank):
        return about
    info = load_generator(start, device="cpu").info
    told = f"{info.name} ({info.fingerprint[:12]}), fine-tuned on {about['domain']}"
    return about | {"domain": info.domain, "crop": info.crop, "source": told}


def _write_offsets(
    tuned: GeneratorNetwork, options: StillTrainingOptions, training: TrainingJob, output: Path
) -> None:
    """Write what was trained of low rank as a direction of the generator it started from."""
    info = load_generator(training.start, device="cpu").info
    made = offsets_of(tuned).with_info(
        name=options.called or output.stem,
        method="train stylegan2",
        options=options.shaping(),
        seed=training.seed,
        fingerprint=info.fingerprint,
        generator=info.name,
        unit="the fine-tuned network",
        created_with=__version__,
    )
    made.save(output)
