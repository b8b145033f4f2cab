"""The scorer of a world: every factor of a picture, read off its pixels."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.distance import unit_features
from dynode.errors import UnsupportedCheckpointError
from dynode.files import load_tensors
from dynode_worlds.population import FACTOR_STD
from dynode_worlds.resizing import resized

INPUT_PX = 64


class ScorerNetwork(nn.Module):
    """A small residual network with a dense head, so that places keep their meaning."""

    def __init__(self, width: int, outputs: int) -> None:
        """Build it with random weights.

        Args:
            width: Channels of the first stage; each later stage has twice as many.
            outputs: Number of predicted attributes.
        """
        super().__init__()
        self.stem = nn.Conv2d(3, width, 5, stride=2, padding=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.stages = nn.Sequential(
            _Block(width, width),
            _Block(width, 2 * width, shrink=True),
            _Block(2 * width, 2 * width),
            _Block(2 * width, 4 * width, shrink=True),
            _Block(4 * width, 4 * width),
        )
        self.squeeze = nn.Conv2d(4 * width, 48, 1)
        self.hidden = nn.Linear(48 * (INPUT_PX // 8) ** 2, 192)
        self.out = nn.Linear(192, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Predict attributes, (n, outputs), from pictures (n, 3, 64, 64) in [-1, 1]."""
        predicted: Tensor = self.out(self.units(images))
        return predicted

    def units(self, images: Tensor) -> Tensor:
        """Compute the hidden units, (n, 192), of pictures (n, 3, 64, 64) in [-1, 1]."""
        x = functional.relu(self.squeeze(self.activations(images)[-1]))
        return functional.relu(self.hidden(x.flatten(1)))

    def activations(self, images: Tensor) -> list[Tensor]:
        """Compute the outputs of the stem and of every stage, each (n, c, h, w)."""
        found = [functional.relu(self.stem_norm(self.stem(images)))]
        for stage in self.stages:
            found.append(stage(found[-1]))
        return found


class _Block(nn.Module):
    """Two convolutions beside a shortcut; shrinking averages before it convolves."""

    def __init__(self, inputs: int, outputs: int, *, shrink: bool = False) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2) if shrink else nn.Identity()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, stride=2 if shrink else 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        same = inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return features with as many channels as the block has outputs."""
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.shortcut(self.pool(x)) + self.second_norm(self.second(y)))


class WorldScorer:
    """A loaded scorer.

    Attributes:
        attributes: Names of the columns: the factors.
        deviations: Standard deviation of each over the population, 1/sqrt(3) for all of them.
    """

    def __init__(self, network: nn.Module, attributes: tuple[str, ...]) -> None:
        """Wrap a network; its parameters are frozen.

        Args:
            network: Predicts (n, F) from (n, 3, 64, 64) in [-1, 1].
            attributes: Names of the F columns.
        """
        self.network = network.eval().requires_grad_(False)
        self.attributes = attributes
        self.deviations = (FACTOR_STD,) * len(attributes)

    def score(self, images: Tensor) -> Tensor:
        """Predict the factors, (n, F), of pictures (n, 3, h, w) in [-1, 1], differentiably."""
        predicted: Tensor = self.network(resized(images, INPUT_PX))
        return predicted

    def hidden(self, images: Tensor) -> Tensor:
        """Return the hidden units, (n, 192), of pictures (n, 3, h, w); see `HiddenScorerModel`."""
        assert isinstance(self.network, ScorerNetwork)
        return self.network.units(resized(images, INPUT_PX))

    def features(self, images: Tensor) -> Tensor:
        """Describe pictures, (n, d): unit activations of stem and stages, weighing the same each.

        This is LPIPS (Zhang et al. 2018, arXiv:1801.03924) without learned weights, on the network
        that reads pictures of this world.
        """
        assert isinstance(self.network, ScorerNetwork)
        parts = self.network.activations(resized(images, INPUT_PX))
        return torch.cat([unit_features(part) * len(parts) ** -0.5 for part in parts], dim=1)


def read_scorer(path: Path, outputs: int, *, world: str) -> ScorerNetwork:
    """Load a file that the training recipe wrote.

    Raises:
        UnsupportedCheckpointError: The file holds something else.
    """
    tensors, _ = load_tensors(path)
    try:
        network = ScorerNetwork(tensors["stem.weight"].shape[0], outputs)
        network.load_state_dict({name: part.float() for name, part in tensors.items()})
    except (KeyError, RuntimeError) as error:
        raise UnsupportedCheckpointError(
            f"{path.name} is not a {world} scorer of this version; expected the file that "
            f"'dynode {world} train scorer' writes: choose that one"
        ) from error
    return network
