"""What a training on clips shows: rows of frames, real and made, and made clips."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.latents import Motion
from dynode_adversarial import Samples, as_images
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.synthesis import VideoNetwork
from dynode_stylegan_v.video_data import TrainingClips

_ROWS, _COLUMNS = 6, 8
_LONGEST = 64  # frames of the clips that are drawn


@torch.no_grad()
def draw_samples(network: VideoNetwork, clips: TrainingClips) -> Samples:
    """Draw clips of the first seeds beside the first real ones.

    Args:
        network: The averaged generator.
        clips: The real clips.

    Returns:
        Rows are clips, columns times, as far as the shortest of the real ones goes.
    """
    shown = clips.clips.clips[:_ROWS]
    length = min(clips.max_frames, *(len(clip) for clip in shown))
    times = torch.linspace(0, length - 1, _COLUMNS, dtype=torch.float64)
    places = [int(time) for time in times]
    real = [as_images(torch.from_numpy(clips.clips.read(row, places))) for row in range(len(shown))]
    drawing = StyleGANV(network, name="in training")
    classes = network.config.c_dim
    labels = torch.eye(classes)[torch.arange(_ROWS) % classes] if classes else None
    latents = drawing.sample(_ROWS, seed=0, truncation=1.0, c=labels)
    motion = Motion.draw(_ROWS, seed=0, labels=labels)

    def draw(at: Tensor) -> Tensor:
        codes = drawing.motion_codes(motion, at)
        parts = [drawing.synthesize_frames(latents, part) for part in codes.split(8, dim=1)]
        return torch.cat(parts, dim=1)

    moving = draw(torch.arange(min(length, _LONGEST), dtype=torch.float64))
    return Samples(torch.cat(real), draw(times).flatten(0, 1), _COLUMNS, moving, network.config.fps)
