"""`dynode train stylegan2`: generators of pictures, trained anew or fine-tuned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress, Trainable, TrainableGenerator

if TYPE_CHECKING:
    import torch

    from dynode_adversarial.still_options import StillTrainingOptions


class StyleGAN2Training(TrainableGenerator):
    """Trains StyleGAN2 on pictures, or fine-tunes one."""

    name = training = "stylegan2"
    training_summary = "Train a StyleGAN2 on pictures, or fine-tune one with --from"
    training_options = attribute_on_demand("dynode_adversarial.still_options:StillTrainingOptions")

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
        from dynode_adversarial.job import TrainingJob
        from dynode_adversarial.still import train_still

        training = TrainingJob(data, folder, start, seed, device)
        train_still(options, output, training, force=force, progress=progress)


@dynode.hookimpl
def register_trainables(register: Callable[[Trainable | TrainableGenerator], None]) -> None:
    """Contribute the training of still generators."""
    register(StyleGAN2Training())
