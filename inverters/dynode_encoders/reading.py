"""Encoders from files: the published layouts of pSp, e4e and ReStyle, and dynode's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.media import WholePicture
from dynode.quoting import listed
from dynode.weights import (
    OpenWeights,
    StoredTensor,
    corrupt,
    open_weights,
    quoted,
    tensor_groups,
    unsupported,
    write_safetensors,
)
from dynode_encoders.config import EncoderConfig
from dynode_encoders.layout import found_config, is_wide, options_of, takes_whole
from dynode_encoders.network import Encoder

FORMAT = "dynode.encoder"
_PREFIX = "encoder."
_CARS_MARGIN = 8  # rows above and below a car, as a part of the square picture


@dataclass(frozen=True, eq=False)
class LoadedEncoder:
    """An encoder with what its file says about it.

    Attributes:
        network: Frozen, in evaluation mode.
        latent_avg: What is added to the codes it reads, (rows, w_dim).
        path: The file.
        is_wide: The network looks at the middle three quarters of the rows (cars).
        metadata: Text of the file: `fingerprint` and `generator` it was trained for, `method`.
        takes_whole: Photographs are resized whole, as the published code prepares everything but
            aligned faces; otherwise the middle is cut out.
    """

    network: Encoder
    latent_avg: Tensor
    path: Path
    is_wide: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    takes_whole: bool = False

    @property
    def framing(self) -> WholePicture | None:
        """How photographs are prepared for it; None where the middle is cut out."""
        return WholePicture(self.config.size) if self.takes_whole else None

    @property
    def config(self) -> EncoderConfig:
        """Shape of the network."""
        return self.network.config

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None) -> LoadedEncoder:
        """Move network and average to a device or type, in place of the present ones."""
        moved = self.network.to(device=device, dtype=dtype)
        mean = self.latent_avg.to(device=device, dtype=dtype)
        return dataclasses.replace(self, network=moved, latent_avg=mean)

    def prepare(self, images: Tensor) -> Tensor:
        """Bring pictures (n, 3, h, w) to the size the network takes, without aliasing."""
        if self.is_wide and images.shape[2] == images.shape[3]:
            images = cropped_wide(images)
        if tuple(images.shape[2:]) == self.config.size:
            return images
        return functional.interpolate(
            images, self.config.size, mode="bilinear", antialias=True, align_corners=False
        )

    def read(self, images: Tensor, *, stage: int | None = None) -> Tensor:
        """Read codes (n, rows, w_dim), the average included, of pictures (n, 3, h, w) in [-1, 1]."""
        codes: Tensor = self.network(self.prepare(images), stage=stage)
        return codes + self.latent_avg


def cropped_wide(images: Tensor) -> Tensor:
    """Take the rows of a square picture in which a wide one (4:3) lies."""
    margin = images.shape[2] // _CARS_MARGIN
    return images[:, :, margin : images.shape[2] - margin]


def read_encoder(path: str | Path) -> LoadedEncoder:
    """Open an encoder: a checkpoint of pSp, e4e or ReStyle, or one that `dynode train` wrote.

    A published checkpoint's own generator is read from the same file by
    `dynode.load_generator(path)`.

    Args:
        path: `.pt` with `state_dict`, `latent_avg` and `opts` (dictionary or namespace), or
            `.safetensors`.

    Raises:
        CheckpointError: It holds no encoder, is damaged, or asks for more than data needs.
        MissingWeightsError: There is no such file.
    """
    with open_weights(path) as weights:
        stored = _encoder_state(weights)
        options = options_of(weights)
        mean = _mean(weights)
        if weights.metadata.get("format") == FORMAT:
            config = _own_config(weights)
        else:
            config = found_config(weights.path, stored, options, mean)
        with torch.device("meta"):
            network = Encoder(config)
        fill(network, stored, weights.path)
        average = _read_mean(weights, mean, config, options)
    return LoadedEncoder(
        network.eval().requires_grad_(False),
        average,
        Path(path),
        is_wide=is_wide(options),
        metadata=dict(weights.metadata),
        takes_whole=takes_whole(options),
    )


def write_encoder(
    network: Encoder, latent_avg: Tensor, path: Path, metadata: Mapping[str, str]
) -> None:
    """Write an encoder in half precision, atomically; see `read_encoder`."""
    tensors = {f"{_PREFIX}{name}": _halved(part) for name, part in network.state_dict().items()}
    head = {**metadata, "format": FORMAT, "config": network.config.to_json()}
    write_safetensors({**tensors, "latent_avg": latent_avg.float()}, path, head)


def fill(
    network: nn.Module,
    stored: Mapping[str, StoredTensor],
    path: Path,
    *,
    ignored: tuple[str, ...] = (),
) -> None:
    """Read the weights of a network that was built on the meta device, checked one by one.

    Args:
        network: Its names are those of the file.
        stored: The file's tensors.
        path: The file, for messages.
        ignored: Beginnings of names that may be there and are not read.

    Raises:
        CorruptCheckpointError: A tensor is missing, of another shape, or not finite.
        UnsupportedCheckpointError: There are tensors the network does not have.
    """
    wanted = network.state_dict()
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    missing = sorted(wanted.keys() - stored.keys() - counters)
    if missing:
        raise corrupt(path, f"it lacks {listed(missing)}")
    unknown = sorted(
        k for k in stored.keys() - wanted.keys() if not k.startswith(ignored or ("\0",))
    )
    if unknown:
        raise unsupported(
            path, f"its encoder also holds {listed(unknown)}", "this kind of encoder is not known"
        )
    read = {name: torch.zeros((), dtype=torch.long) for name in counters}
    for name, part in wanted.items():
        if name not in counters:
            read[name] = _checked(name, stored[name], tuple(part.shape), path)
    network.load_state_dict(read, assign=True)


def _checked(name: str, tensor: StoredTensor, shape: tuple[int, ...], path: Path) -> Tensor:
    """Read one tensor of a file that has to have this shape."""
    if tensor.shape != shape:
        raise corrupt(path, f"{quoted(name)} has shape {tensor.shape}, expected {shape}")
    read = tensor.read().float()
    if not bool(torch.isfinite(read).all()):
        raise corrupt(path, f"{quoted(name)} holds values that are not finite")
    return read


def _halved(part: Tensor) -> Tensor:
    return part.half() if part.is_floating_point() else part


def _encoder_state(weights: OpenWeights) -> dict[str, StoredTensor]:
    """Find the tensors of an encoder, by the names the network has for them."""
    state = _state(weights)
    stored = {k.removeprefix(_PREFIX): v for k, v in state.items() if k.startswith(_PREFIX)}
    if not stored:
        raise unsupported(
            weights.path,
            "it holds no encoder ('encoder.')",
            "give a checkpoint of pSp, e4e or ReStyle, or one that 'dynode train' wrote",
        )
    return stored


def _state(weights: OpenWeights) -> dict[str, StoredTensor]:
    """Find the tensors an encoder is among, without what wrappers put before their names."""
    for group in tensor_groups(weights.content):
        found = {name[: name.index(_PREFIX)] for name in group.tensors if _PREFIX in name}
        before = sorted((part for part in found if not part or part.endswith(".")), key=len)
        if before:
            return group.under(before[0])
    return {}


def _mean(weights: OpenWeights) -> StoredTensor | None:
    content = weights.content
    mean = content.get("latent_avg") if isinstance(content, dict) else None
    return mean if isinstance(mean, StoredTensor) else None


def _own_config(weights: OpenWeights) -> EncoderConfig:
    try:
        return EncoderConfig.from_json(weights.metadata["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise corrupt(weights.path, "its description of the encoder is damaged") from error


def _read_mean(
    weights: OpenWeights,
    mean: StoredTensor | None,
    config: EncoderConfig,
    options: Mapping[str, object],
) -> Tensor:
    wanted = (config.rows, config.w_dim)
    if mean is None or options.get("start_from_latent_avg", True) is False:
        if mean is None and options.get("start_from_latent_avg", True):
            raise corrupt(
                weights.path,
                "it lacks 'latent_avg', which its codes are relative to",
                "use the whole checkpoint, not its state dict alone",
            )
        return torch.zeros(wanted)
    if mean.shape not in (wanted, (config.w_dim,), (1, config.w_dim)):
        raise corrupt(weights.path, f"'latent_avg' has shape {mean.shape}, expected {wanted}")
    return mean.read().float().expand(wanted).contiguous()
