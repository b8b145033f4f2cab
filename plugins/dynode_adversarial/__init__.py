"""Training of a generator against a discriminator: one loop for pictures and for clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_adversarial.batch import Batch, Samples, Sides, as_images
    from dynode_adversarial.feeding import Feeder
    from dynode_adversarial.job import TrainingJob
    from dynode_adversarial.loop import Plan, train_against
    from dynode_adversarial.options import AdversarialOptions, group_of
    from dynode_adversarial.starting import copy_matching, freeze_blocks, identity_of, new_channels

_LAZY = {
    "AdversarialOptions": "dynode_adversarial.options",
    "Batch": "dynode_adversarial.batch",
    "Feeder": "dynode_adversarial.feeding",
    "Plan": "dynode_adversarial.loop",
    "Samples": "dynode_adversarial.batch",
    "Sides": "dynode_adversarial.batch",
    "TrainingJob": "dynode_adversarial.job",
    "as_images": "dynode_adversarial.batch",
    "copy_matching": "dynode_adversarial.starting",
    "group_of": "dynode_adversarial.options",
    "identity_of": "dynode_adversarial.starting",
    "freeze_blocks": "dynode_adversarial.starting",
    "new_channels": "dynode_adversarial.starting",
    "train_against": "dynode_adversarial.loop",
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
