"""Training of a generator against a discriminator: one loop for pictures and for clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.adversarial.batch import Batch, Samples, Sides, as_images
    from dynode.adversarial.feeding import Feeder
    from dynode.adversarial.job import TrainingJob
    from dynode.adversarial.loop import Plan, train_against
    from dynode.adversarial.options import AdversarialOptions, group_of
    from dynode.adversarial.starting import copy_matching, freeze_blocks, identity_of, new_channels

_LAZY = {
    "AdversarialOptions": "dynode.adversarial.options",
    "Batch": "dynode.adversarial.batch",
    "Feeder": "dynode.adversarial.feeding",
    "Plan": "dynode.adversarial.loop",
    "Samples": "dynode.adversarial.batch",
    "Sides": "dynode.adversarial.batch",
    "TrainingJob": "dynode.adversarial.job",
    "as_images": "dynode.adversarial.batch",
    "copy_matching": "dynode.adversarial.starting",
    "group_of": "dynode.adversarial.options",
    "identity_of": "dynode.adversarial.starting",
    "freeze_blocks": "dynode.adversarial.starting",
    "new_channels": "dynode.adversarial.starting",
    "train_against": "dynode.adversarial.loop",
}

__all__ = [
    "AdversarialOptions",
    "Batch",
    "Feeder",
    "Plan",
    "Samples",
    "Sides",
    "TrainingJob",
    "as_images",
    "copy_matching",
    "freeze_blocks",
    "group_of",
    "identity_of",
    "new_channels",
    "train_against",
]

__getattr__ = names_on_demand(__name__, _LAZY)
