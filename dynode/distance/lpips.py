"""LPIPS as a feature map: the squared difference of features is the published distance."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from dynode.distance.distance import Distance
from dynode.distance.scored import unit_features
from dynode.errors import UnsupportedCheckpointError
from dynode.weights import read_tensors

Backbone = Literal["vgg", "alex"]
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_KEY = re.compile(r"(?:^|\.)(?:features|slice\d+)\.(\d+)\.(weight|bias)$")


class LpipsDistance(Distance):
    """Learned perceptual distance.

    Args:
        backbone: Layers with the weights of a network trained on ImageNet.
        taps: Indices of the layers whose output is compared.
        weights: Weights (c,) of the channels of each.

    Source:
        Zhang et al. 2018, LPIPS, arXiv:1801.03924; version 0.1 of the package `lpips`.
    """

    name: ClassVar[str] = "lpips"

    def __init__(
        self, backbone: nn.Sequential, taps: tuple[int, ...], weights: tuple[Tensor, ...]
    ) -> None:
        self.backbone = backbone.eval().requires_grad_(False)
        self.taps = taps
        self.weights = weights

    @classmethod
    def load(
        cls, path: Path, backbone: Backbone = "vgg", device: torch.device | str = "cpu"
    ) -> LpipsDistance:
        """Read a backbone's weights from the user's file, the channels' from the package `lpips`.

        Args:
            path: torchvision's `vgg16` or `alexnet` file, or a state dict of `lpips.LPIPS`.
            backbone: Which of the two it is.
            device: Where it computes.

        Raises:
            MissingWeightsError: There is no such file.
            CheckpointError: It cannot be read, or holds another network.
        """
        layers, taps = _LAYOUTS[backbone]()
        _fill(layers, read_tensors(path), f"{Path(path).name}", backbone)
        weights = tuple(part.to(device) for part in channel_weights(backbone))
        return cls(layers.to(device), taps, weights)

    def features(self, images: Tensor) -> Tensor:
        """See `Distance.features`; pictures need at least 32 pixels a side."""
        shift = images.new_tensor(_SHIFT)[:, None, None]
        x = (images - shift) / images.new_tensor(_SCALE)[:, None, None]
        parts: list[Tensor] = []
        for index, layer in enumerate(self.backbone):
            x = layer(x)
            if index in self.taps:
                parts.append(unit_features(x, self.weights[len(parts)]))
        return torch.cat(parts, dim=1)

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None = None) -> Distance:
        """See `Distance.to`."""
        backbone = copy.deepcopy(self.backbone).to(device=device, dtype=dtype)
        weights = tuple(part.to(device=device, dtype=dtype) for part in self.weights)
        return LpipsDistance(backbone, self.taps, weights)


def channel_weights(backbone: Backbone) -> tuple[Tensor, ...]:
    """Read the weights of the channels that the package `lpips` brings, one (c,) a layer."""
    import lpips

    path = Path(lpips.__file__).parent / "weights" / "v0.1" / f"{backbone}.pth"
    held = read_tensors(path)
    assert isinstance(held, dict)
    return tuple(held[f"lin{index}.model.1.weight"].flatten() for index in range(len(held)))


def _vgg() -> tuple[nn.Sequential, tuple[int, ...]]:
    """Lay out the 13 convolutions of VGG-16; numbered as torchvision's `features`."""
    layers: list[nn.Module] = []
    taps = []
    inputs = 3
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        if layers:
            layers.append(nn.MaxPool2d(2, 2))
        for _ in range(count):
            layers += [_convolution(inputs, channels, 3, padding=1), nn.ReLU()]
            inputs = channels
        taps.append(len(layers) - 1)
    return nn.Sequential(*layers), tuple(taps)


def _alex() -> tuple[nn.Sequential, tuple[int, ...]]:
    """Lay out the five convolutions of AlexNet; numbered as torchvision's `features`."""
    layers = [
        _convolution(3, 64, 11, padding=2, stride=4),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        _convolution(64, 192, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        _convolution(192, 384, 3, padding=1),
        nn.ReLU(),
        _convolution(384, 256, 3, padding=1),
        nn.ReLU(),
        _convolution(256, 256, 3, padding=1),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers), (1, 4, 7, 9, 11)


_LAYOUTS = {"vgg": _vgg, "alex": _alex}


def _convolution(
    inputs: int, outputs: int, kernel: int, *, padding: int, stride: int = 1
) -> nn.Module:
    """Make a convolution without drawing weights: they are read, and random states stay alone."""
    layer: nn.Module = torch.nn.utils.skip_init(
        nn.Conv2d, inputs, outputs, kernel, padding=padding, stride=stride
    )
    return layer


def _fill(layers: nn.Sequential, held: object, name: str, backbone: Backbone) -> None:
    given = dict(_backbone_tensors(held))
    wanted = layers.state_dict()
    if not set(wanted) <= set(given) or any(
        given[key].shape != part.shape for key, part in wanted.items()
    ):
        found = f"{len(given)} tensors of a convolutional network" if given else _told(held)
        raise UnsupportedCheckpointError(
            f"{name} holds {found}; expected the backbone of LPIPS ({backbone}): torchvision's "
            f"{'vgg16' if backbone == 'vgg' else 'alexnet'} weights; give that file"
        )
    layers.load_state_dict({key: given[key].float() for key in wanted})


def _backbone_tensors(held: object) -> Iterator[tuple[str, Tensor]]:
    if isinstance(held, Mapping):
        for key, part in held.items():
            found = _KEY.search(str(key))
            if found and isinstance(part, Tensor):
                yield f"{found[1]}.{found[2]}", part


def _told(held: object) -> str:
    if isinstance(held, Mapping) and held:
        return f"entries such as {str(next(iter(held)))[:40]!r}"
    return f"a {type(held).__name__}"
