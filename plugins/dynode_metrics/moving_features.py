"""Describe clips by a detector of pictures: what is seen, and how it changes."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_metrics.detector import Detector
from dynode_metrics.rows import Embed


def moving_features(detector: Detector) -> Embed:
    """Make features of clips: the mean over the frames beside the root mean square of the changes.

    Source:
        Ours, where no detector of clips is at hand: frozen clips have no change, shuffled ones too much.
    """

    def embed(clips: Tensor) -> Tensor:
        frames = torch.cat([detector.embed(part) for part in clips.flatten(0, 1).split(32)])
        track = frames.unflatten(0, clips.shape[:2])
        changes = track.diff(dim=1).square().mean(1).sqrt()
        return torch.cat([track.mean(1), changes], dim=1)

    return embed
