"""Inception, as FID uses it: torch-fidelity's network with weights from the user's file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from dynode import Setting
from dynode.errors import MissingWeightsError, UsageError
from dynode.files import reading
from dynode.weights import read_tensors
from dynode_metrics.detector import Detector, as_bytes, fingerprint
from dynode_metrics.programs import load_picture_program
from dynode_metrics.rows import Embed

_ADDRESS = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)
Output = Literal["2048", "logits_unbiased"]


def load_inception(
    weights: Path | None,
    setting: Setting,
    *,
    trust: bool,
    metric: str,
    output: Output = "2048",
) -> Detector:
    """Load Inception of 2015 with the resizing of TensorFlow 1, which FID was defined with.

    Args:
        weights: torch-fidelity's file, or NVIDIA's TorchScript program with `trust`.
        setting: Where it computes.
        trust: `weights` is a program, and the user lets it be run.
        metric: Name of the metric, for messages.
        output: The features, or the class probabilities (softmax of these logits).

    Raises:
        MissingWeightsError: There is no such file.
        CheckpointError: It holds something else.
        UsageError: torch-fidelity is not installed.
    """
    if weights is None:
        raise MissingWeightsError(
            f"{metric} needs Inception's weights, and none were given; get {_ADDRESS} (95 MB) with 'curl -LO "
            f"{_ADDRESS}' and give it with --weights FILE"
        )
    if trust:
        classes = output != "2048"
        return load_picture_program(weights, setting, trust=True, metric=metric, classes=classes)
    if not weights.is_file():
        raise MissingWeightsError(f"Inception's weights {weights} do not exist; check the path")
    embed = _embedding(_network(weights, output).to(setting.device), classes=output != "2048")
    told = {"resize": "299 px as TensorFlow 1", "weights": fingerprint(weights), "output": output}
    return Detector("Inception 2015 (torch-fidelity)", embed, told)


def _embedding(network: Any, *, classes: bool) -> Embed:  # torch-fidelity has no types
    def embed(images: Tensor) -> Tensor:
        (found,) = network(as_bytes(images))
        rows: Tensor = found.softmax(1) if classes else found
        return rows

    return embed


def _network(weights: Path, output: Output) -> Any:  # torch-fidelity has no types
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise UsageError(
            "Inception needs the package torch-fidelity; install it with pip install 'dynode-gan[metrics]'"
        ) from error
    held = read_tensors(weights)
    # Its constructor unpickles whatever it is given: so it is given a copy that holds tensors alone.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "inception.pt"
        torch.save(held, copy)
        todo = f"give the file of {_ADDRESS}"
        with reading(weights, "the weights of Inception", todo):
            return FeatureExtractorInceptionV3(
                "inception", [output], feature_extractor_weights_path=str(copy)
            )
