"""Options that trainings against a discriminator share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dynode.options import option

# These change what is seen of a run and not what it ends with.
_UNSHAPING = ("samples_every", "snapshot_every", "save_every", "tensorboard")


@dataclass(frozen=True)
class AdversarialOptions:
    """What shapes a generator that is trained against a discriminator."""

    steps: int = option(100_000, help="Training steps.", unit="batches", min=1)
    batch: int = option(16, help="Clips or pictures a step, over all processes.", min=1)
    gamma: float | None = option(
        None,
        help="Weight of the gradient penalty R1, every 16th step; 0.0002 resolution² / batch if absent.",
        min=0.0,
    )
    learning_rate: float | None = option(
        None, help="Learning rate of both sides; 0.0025, from 1024 px on 0.002, if absent.", min=0.0
    )
    augment: str = option(
        "ada",
        help="Augmentation of what the discriminator sees: adaptive, fixed or none.",
        choices=("ada", "fixed", "none"),
    )
    augment_set: str = option(
        "easy",
        help="Small shifts, turns and colours, or the published set with turns by 90 degrees.",
        choices=("easy", "bgc"),
    )
    augment_start: float = option(
        0.0, help="Probability of augmentations at the start, or fixed.", min=0.0, max=1.0
    )
    augment_target: float = option(
        0.6, help="Mean sign of the discriminator on real clips that is aimed at.", min=0.0, max=1.0
    )
    augment_ceiling: float = option(
        0.8, help="Largest probability of augmentations.", min=0.0, max=1.0
    )
    augment_kimg: float = option(
        100, help="Thousand clips in which augmentations may go from none to all.", min=0.001
    )
    flip: bool = option(True, help="Mirror half of what the discriminator sees.")
    average_kimg: float | None = option(
        None,
        help="Thousand clips after which the average has forgotten half; batch · 10/32 if absent.",
        min=0.0,
    )
    freeze_d: int = option(
        0, help="Largest blocks of the discriminator that are not trained (freeze-D).", min=0
    )
    labels: str = option(
        "none",
        help="Classes: none, from dataset.json, or from the first level of folders.",
        choices=("none", "file", "folders"),
    )
    channels: float = option(
        0.0, help="Channels relative to StyleGAN2's; 1 from 512 px on, else 0.5, if 0.", min=0.0
    )
    max_channels: int = option(512, help="Most channels of a layer.", min=1, max=4096)
    z_dim: int = option(512, help="Width of the random input.", min=1, max=4096)
    w_dim: int = option(512, help="Width of the style codes.", min=1, max=4096)
    samples_every: int = option(
        500, help="Steps between sheets of samples and plots of the losses.", unit="steps", min=1
    )
    snapshot_every: int = option(5000, help="Steps between snapshots.", unit="steps", min=1)
    save_every: int = option(250, help="Steps between saved states.", unit="steps", min=1)
    tensorboard: bool = option(
        False, help="Also write the log as TensorBoard event files, to RUN/tensorboard."
    )

    def shaping(self) -> dict[str, Any]:
        """Return the options that shape the result, as JSON values."""
        return {name: value for name, value in asdict(self).items() if name not in _UNSHAPING}

    def gamma_at(self, resolution: int) -> float:
        """Return the weight of the gradient penalty for pictures of a size."""
        return 0.0002 * resolution**2 / self.batch if self.gamma is None else self.gamma

    def rate_at(self, resolution: int) -> float:
        """Return the learning rate for pictures of a size."""
        default = 0.002 if resolution >= 1024 else 0.0025
        return default if self.learning_rate is None else self.learning_rate

    def channels_at(self, resolution: int) -> dict[int, int]:
        """Return the channels of every block for pictures of a size."""
        base = self.channels or (1.0 if resolution >= 512 else 0.5)
        sides = [2**power for power in range(2, resolution.bit_length())]
        return {side: max(1, min(self.max_channels, int(base * 32768 / side))) for side in sides}


def group_of(batch: int) -> int:
    """Choose the size of the groups of the minibatch statistic: 4, or what divides the batch."""
    return next(size for size in (4, 3, 2, 1) if batch % size == 0)
