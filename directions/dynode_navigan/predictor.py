"""Networks that tell from two pictures which direction was moved, and how far."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.distance import Distance
from dynode.errors import OptionError

PredictorKind = Literal["features", "resnet", "lenet"]
_FEATURE_WIDTH = 96
_RESNET_WIDTH = 512
_LENET_CHANNELS = (3, 8, 60)
_LENET_HIDDEN = 42
_LENET_LEAST_PX = 32


class ResNetPredictor(nn.Module):
    """A ResNet-18 on both pictures; named as in the published files.

    Args:
        directions: How many it tells apart.
        size_px: Side both pictures are resized to, by nearest pixels; None for as they come.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786, and its published code.
    """

    def __init__(self, directions: int, size_px: int | None = None) -> None:
        from torchvision.models import resnet18

        super().__init__()
        self.size_px = size_px
        self.features_extractor = resnet18(weights=None)
        first = nn.Conv2d(6, 64, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
        self.features_extractor.conv1 = first
        self.type_estimator = nn.Linear(_RESNET_WIDTH, directions)
        self.shift_estimator = nn.Linear(_RESNET_WIDTH, 1)

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Compare pictures (n, 3, h, w) in [-1, 1]: logits (n, directions), shifts (n,)."""
        if self.size_px is not None:
            before = functional.interpolate(before, size=self.size_px)
            after = functional.interpolate(after, size=self.size_px)
        net = self.features_extractor
        x = net.maxpool(net.relu(net.bn1(net.conv1(torch.cat([before, after], dim=1)))))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
        features = net.avgpool(x).flatten(1)
        return self.type_estimator(features), self.shift_estimator(features)[:, 0]


class LeNetPredictor(nn.Module):
    """Three convolutions on both pictures; named as in the published files.

    Args:
        directions: How many it tells apart.
        width: Factor of its channels.
        channels: Of one picture.

    Source:
        As for `ResNetPredictor`.
    """

    def __init__(self, directions: int, width: int = 2, channels: int = 3) -> None:
        super().__init__()
        first, second, third = (width * part for part in _LENET_CHANNELS)
        self.convnet = nn.Sequential(
            *_convolution(2 * channels, first),
            nn.MaxPool2d(2),
            *_convolution(first, second),
            nn.MaxPool2d(2),
            *_convolution(second, third),
        )
        self.fc_logits = _head(third, width * _LENET_HIDDEN, directions)
        self.fc_shift = _head(third, width * _LENET_HIDDEN, 1)

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Compare pictures (n, 3, h, w) in [-1, 1]: logits (n, directions), shifts (n,)."""
        features = self.convnet(torch.cat([before, after], dim=1)).mean((2, 3))
        return self.fc_logits(features), self.fc_shift(features)[:, 0]


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 5), nn.BatchNorm2d(outputs), nn.ReLU()]


def _head(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )


class FeaturePredictor(nn.Module):
    """A small head on the features that a distance compares.

    It needs a tenth of the steps of the published predictors, because it does not learn to see.

    Args:
        distance: Whose features; not trained.
        directions: How many it tells apart.
        example: Pictures (1, 3, h, w) of the size it will see.
    """

    def __init__(self, distance: Distance, directions: int, example: Tensor) -> None:
        super().__init__()
        self.distance = distance
        with torch.no_grad():
            values = distance.features(example).shape[1]
        self.hidden = nn.Sequential(
            nn.Linear(values, _FEATURE_WIDTH), nn.BatchNorm1d(_FEATURE_WIDTH), nn.ReLU()
        )
        self.type_estimator = nn.Linear(_FEATURE_WIDTH, directions)
        self.shift_estimator = nn.Linear(_FEATURE_WIDTH, 1)

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Compare pictures (n, 3, h, w) in [-1, 1]: logits (n, directions), shifts (n,)."""
        change = self.distance.features(after) - self.distance.features(before)
        hidden = self.hidden(change)
        return self.type_estimator(hidden), self.shift_estimator(hidden)[:, 0]


class Resized(nn.Module):
    """Another predictor on smaller pictures, averaged down.

    Args:
        inner: The predictor.
        size_px: Side of the pictures it sees.
    """

    def __init__(self, inner: nn.Module, size_px: int) -> None:
        super().__init__()
        self.inner = inner
        self.size_px = size_px

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """See `ResNetPredictor.forward`."""
        size = (self.size_px, self.size_px)
        small = (functional.interpolate(part, size=size, mode="area") for part in (before, after))
        result: tuple[Tensor, Tensor] = self.inner(*small)
        return result


def make_predictor(
    kind: PredictorKind,
    directions: int,
    size_px: int,
    *,
    seed: int,
    distance: Distance,
    example: Tensor,
) -> nn.Module:
    """Make a predictor with random weights, leaving the global random state alone.

    Args:
        kind: `features`, `resnet` or `lenet`.
        directions: How many it tells apart.
        size_px: Side of the pictures it sees; 0 for as they come.
        seed: Seed of the weights.
        distance: Whose features `features` is a head of.
        example: A picture (1, 3, h, w) as they come.

    Raises:
        OptionError: The pictures are too small for a LeNet.
    """
    if kind == "lenet" and 0 < size_px < _LENET_LEAST_PX:
        raise OptionError(
            f"--predictor-size is {size_px} px; a lenet needs {_LENET_LEAST_PX} at least; raise it, or "
            f"choose --predictor resnet"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "features":
            # It sees pictures as the distance does: at a size of its own.
            return FeaturePredictor(distance, directions, example)
        inner = ResNetPredictor(directions) if kind == "resnet" else LeNetPredictor(directions)
    _see_the_difference(inner)
    return Resized(inner, size_px) if size_px else inner


def _see_the_difference(predictor: nn.Module) -> None:
    """Make the first convolution start with the difference of the two pictures.

    Deviation from the published start, where it is independent in both: most of two pictures of a
    pair is alike, and learning to subtract them is the longest part of a short training.
    """
    first = next(part for part in predictor.modules() if isinstance(part, nn.Conv2d))
    channels = first.in_channels // 2
    with torch.no_grad():
        first.weight[:, :channels] = -first.weight[:, channels:]


def draw_shifts(uniform: Tensor, *, scale: float, least: float) -> Tensor:
    """Turn draws from [0, 1) into shifts of either sign, none (but 0) shorter than `least`."""
    shifts = scale * (2 * uniform - 1)
    shifts = torch.where((shifts > 0) & (shifts < least), least, shifts)
    return torch.where((shifts < 0) & (shifts > -least), -least, shifts)


def losses(
    logits: Tensor,
    predicted: Tensor,
    directions: Tensor,
    shifts: Tensor,
    *,
    label_weight: float,
    shift_weight: float,
) -> tuple[Tensor, Tensor]:
    """Weigh how badly the direction and the shift were told: cross entropy and mean error."""
    direction = label_weight * functional.cross_entropy(logits, directions)
    return direction, shift_weight * (predicted - shifts).abs().mean()
