"""`dynode train stylegan2`: the core's own training of still generators."""

from __future__ import annotations

from pathlib import Path

import torch

from dynode.adversarial.job import TrainingJob
from dynode.adversarial.still import StillTrainingOptions, train_still
from dynode.plugins.methods import Progress
from dynode.plugins.trainable import TrainableGenerator


class StyleGAN2Training(TrainableGenerator):
    """Trains StyleGAN2 on pictures, or fine-tunes one."""

    training = "stylegan2"
    training_summary = "Train a StyleGAN2 on pictures, or fine-tune one with --from"
    training_options = StillTrainingOptions

    def train(
        self,
        output: Path,
        options: StillTrainingOptions,
        *,
        data: str,
        start: str | None,
        folder: Path,
        seed: int,
        device: torch.device,
        force: bool,
        progress: Progress,
    ) -> None:
        """Train on pictures; see `TrainableGenerator.train`."""
        training = TrainingJob(data, folder, start, seed, device)
        train_still(options, output, training, force=force, progress=progress)
