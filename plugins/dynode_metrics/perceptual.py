"""LPIPS of pairs of pictures, with the core's network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import torch

from dynode import Measurement, Setting
from dynode.distance import LpipsDistance
from dynode_metrics.detector import fingerprint
from dynode_metrics.pairs import PairMeasurement


def lpips_measurement(weights: Path, backbone: str, setting: Setting) -> Measurement:
    """Load LPIPS.

    Raises:
        MissingWeightsError: There is no such file.
        CheckpointError: It holds another network.
    """
    chosen = cast(Literal["vgg", "alex"], backbone)
    distance = LpipsDistance.load(weights, chosen, torch.device(setting.device))
    spec = {"network": f"LPIPS 0.1, {backbone}", "weights": fingerprint(weights)}
    return PairMeasurement(["lpips"], distance.distance, spec=spec)
