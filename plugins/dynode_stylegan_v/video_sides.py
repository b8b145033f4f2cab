"""Generator and discriminator of clips, as the training loop sees them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from dynode.training import generator_at
from dynode_adversarial import Batch, Feeder, Samples, as_images
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.file import write_network
from dynode_stylegan_v.mocogan import MoCoGANDiscriminator
from dynode_stylegan_v.noise import SeededNoise
from dynode_stylegan_v.samples import draw_samples
from dynode_stylegan_v.synthesis import FrameInputs, VideoNetwork
from dynode_stylegan_v.video_data import Draw, TrainingClips, times_of

_REAL, _FAKE = 31, 32


class VideoSides:
    """Both networks of a training on clips.

    Args:
        generator: Is trained.
        average: Its running average.
        discriminator: Judges clips.
        clips: The real ones.
        seed: Seed of everything random.
        about: Facts for the files that are written.
        clip_rate: Learning rate of a judge of whole clips, relative to that of frames.
    """

    def __init__(
        self,
        generator: VideoNetwork,
        average: VideoNetwork,
        discriminator: VideoDiscriminator | MoCoGANDiscriminator,
        clips: TrainingClips,
        *,
        seed: int,
        about: dict[str, str],
        clip_rate: float = 1.0,
    ) -> None:
        self.generator, self.average, self.discriminator = generator, average, discriminator
        self.clips, self.seed, self.about, self.clip_rate = clips, seed, about, clip_rate
        self._device = next(generator.parameters()).device
        self._items: Sequence[int] = ()
        self._feeder = Feeder(self._read)

    def real(self, index: int, items: Sequence[int]) -> Batch:
        """Read clips; see `Sides`."""
        self._items = items
        frames, draws = self._feeder.take(index)
        images = as_images(torch.from_numpy(frames).to(self._device))
        return self._batch(images, draws)

    def fake(self, index: int, turn: int, items: Sequence[int]) -> Batch:
        """Draw clips, of the lengths and classes of real ones; see `Sides`."""
        network, config = self.generator, self.generator.config
        draws, z = [], []
        for item in items:
            chance = random.Random(f"{self.seed} {_FAKE} {index} {turn} {item}")
            draws.append(self.clips.draw(chance, is_fractional=config.has_fractional_times))
            source = generator_at(self.seed, _FAKE, index, turn, item)
            z.append(torch.randn(config.z_dim, generator=source))
        labels, times = self.clips.labels_of(draws), times_of(draws).to(self._device)
        labels = None if labels is None else labels.to(self._device)
        key = generator_at(self.seed, _FAKE, index, turn).initial_seed() % 2**63
        codes = network.motion(times, SeededNoise([(key, item) for item in items]), labels)
        w = network.mapping(torch.stack(z).to(self._device), labels)
        images = draw_frames(network, w, codes)
        return Batch(images, times.shape[1], times, labels, w)

    def judge(self, batch: Batch) -> tuple[Tensor, ...]:
        """Judge clips; see `Sides`."""
        if isinstance(self.discriminator, MoCoGANDiscriminator):
            judged: tuple[Tensor, ...] = self.discriminator(batch.images)
            return judged
        return (self.discriminator(batch.images, batch.times, batch.labels),)

    def judges(self) -> list[tuple[nn.Module, float]]:
        """List the parts of the discriminator; see `Sides`."""
        judge = self.discriminator
        if isinstance(judge, MoCoGANDiscriminator):
            return [(judge.image_discr, 1.0), (judge.video_discr, self.clip_rate)]
        return [(judge, 1.0)]

    def mean_code(self) -> Tensor:
        """Give the buffer of the mean code; see `Sides`."""
        return self.generator.mapping.w_avg

    def samples(self) -> Samples:
        """Draw rows of frames and clips; see `Sides`."""
        return draw_samples(self.average, self.clips)

    def write(self, path: Path, *, force: bool) -> None:
        """Write the averaged generator; see `Sides`."""
        write_network(self.average, path, metadata=self.about, force=force)

    def close(self) -> None:
        """End the reading ahead."""
        self._feeder.close()

    def _read(self, index: int) -> tuple[np.ndarray, list[Draw]]:
        draws = [
            self.clips.draw(random.Random(f"{self.seed} {_REAL} {index} {item}"))
            for item in self._items
        ]
        frames = [self.clips.frames(draw) for draw in draws]
        return np.concatenate(frames), draws

    def _batch(self, images: Tensor, draws: Sequence[Draw]) -> Batch:
        labels, times = self.clips.labels_of(draws), times_of(draws).to(self._device)
        moved = None if labels is None else labels.to(self._device)
        return Batch(images, times.shape[1], times, moved)


def draw_frames(network: VideoNetwork, w: Tensor, codes: Tensor) -> Tensor:
    """Draw frames with gradients.

    Args:
        network: The generator.
        w: (n, w_dim) content.
        codes: (n, F, width) motion.

    Returns:
        (n F, 3, h, w), video by video.
    """
    rows = w.repeat_interleave(codes.shape[1], 0)[:, None]
    rows = rows.expand(-1, network.config.num_layers, -1)
    flat = codes.flatten(0, 1).to(w.device)
    synthesis = network.synthesis
    styles = synthesis.styles(network.joined(rows, flat))
    noise: dict[str, Tensor] = {}
    inputs = FrameInputs(styles, {}, noise, flat if synthesis.takes_motion else None)
    drawn: Tensor = synthesis(inputs)
    return drawn
