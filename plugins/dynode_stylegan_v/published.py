"""Published snapshots of StyleGAN-V, read as data: `G_ema`, `G` and `D` of one pickle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from dynode.weights import (
    PersistentRecord,
    StoredTensor,
    corrupt,
    open_weights,
    quoted,
    unsafe,
    unsupported,
)
from dynode_stylegan_v.config import VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.loading import filled, meta_network, refuse_misfits
from dynode_stylegan_v.mocogan import MoCoGANDiscriminator
from dynode_stylegan_v.naming import native_discriminator, native_generator
from dynode_stylegan_v.published_names import STYLEGAN_V_NAMES
from dynode_stylegan_v.published_settings import Settings
from dynode_stylegan_v.published_shapes import discriminator_config, generator_config
from dynode_stylegan_v.synthesis import VideoNetwork

if TYPE_CHECKING:
    from torch import Tensor

_HEAD = 2**16
_MARKS = (b"src.torch_utils.persistence", b"src.dnnlib.util")
_GENERATORS = ("G_ema", "G")
_CONST = "synthesis.b4.const"


def looks_published(path: Path) -> bool:
    """Say whether a file's head is that of a snapshot of StyleGAN-V's code."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return head[:1] == b"\x80" and any(mark in head for mark in _MARKS)


@dataclass(frozen=True)
class _Part:
    """One network of a snapshot."""

    path: Path
    size: int
    record: PersistentRecord

    def read(self, network: nn.Module, native: dict[str, StoredTensor]) -> dict[str, Tensor]:
        """Check names, shapes and sizes, and only then read the tensors as the network's types."""
        const = native.get(_CONST)
        shapes = {name: tensor.shape for name, tensor in native.items()}
        if const is not None and len(const.shape) == 4:
            shapes[_CONST] = const.shape[1:]
        refuse_misfits(network, shapes, self.path.name)
        if sum(tensor.span_bytes for tensor in native.values()) > self.size:
            raise unsafe(self.path, "its tensors together are larger than the file")
        wanted = network.state_dict()
        return {
            name: self._read_one(name, tensor).to(wanted[name].dtype).reshape(shapes[name])
            for name, tensor in native.items()
        }

    def _read_one(self, name: str, tensor: StoredTensor) -> Tensor:
        values = tensor.read()
        if not bool(torch.isfinite(values).all()):
            raise corrupt(self.path, f"{quoted(name)} holds values that are not finite (nan, inf)")
        return values


def read_generator(path: str | Path) -> VideoNetwork:
    """Read the generator of a snapshot, `G_ema` before `G`; nothing in the file is run.

    Returns:
        The network, in evaluation mode and without gradients.

    Raises:
        CheckpointError: The file cannot be used, or holds no video generator.
    """
    with _opened(Path(path), _GENERATORS) as part:
        native = native_generator(part.record.tensors())
        config: VideoConfig = generator_config(part.path, part.record, native)
        network = meta_network(config)
        return filled(network, part.read(network, native), source=part.path.name)


def read_discriminator(path: str | Path) -> VideoDiscriminator:
    """Read the video discriminator of a snapshot, `D`; nothing in the file is run.

    Returns:
        The network, in evaluation mode and without gradients.

    Raises:
        CheckpointError: The file cannot be used, or holds no such discriminator.
    """
    with _opened(Path(path), ("D",)) as part:
        native = native_discriminator(part.record.tensors())
        if any(name.startswith("video_discr.") for name in native):
            raise unsupported(
                part.path, "its discriminator is MoCoGAN's", "read it with read_mocogan"
            )
        config: VideoDiscriminatorConfig = discriminator_config(part.path, part.record, native)
        with torch.device("meta"):
            network = VideoDiscriminator(config)
        return filled(network, part.read(network, native), source=part.path.name)


@contextmanager
def _opened(path: Path, names: tuple[str, ...]) -> Iterator[_Part]:
    """Open a snapshot and find the first of its networks of these names."""
    with open_weights(path, names=STYLEGAN_V_NAMES) as weights:
        content = weights.content
        if isinstance(content, PersistentRecord):
            content = {names[0]: content}
        found = [content.get(name) for name in names] if isinstance(content, dict) else []
        record = next((part for part in found if isinstance(part, PersistentRecord)), None)
        if record is None:
            raise unsupported(
                path, f"it holds no {' or '.join(names)}", "give a snapshot of StyleGAN-V"
            )
        try:
            yield _Part(path, weights.size, record)
        except RecursionError as error:
            raise unsafe(path, "its settings are nested without end") from error


def read_mocogan(path: str | Path) -> MoCoGANDiscriminator:
    """Read MoCoGAN's two discriminators of a snapshot, `D`; nothing in the file is run.

    Returns:
        The network, in evaluation mode and without gradients.

    Raises:
        CheckpointError: The file cannot be used, or holds no such discriminators.
    """
    with _opened(Path(path), ("D",)) as part:
        native = native_discriminator(part.record.tensors())
        frames = part.record.part("_modules").get("image_discr")
        if not isinstance(frames, PersistentRecord):
            raise unsupported(
                part.path, "its discriminator is not MoCoGAN's", "see read_discriminator"
            )
        judge = native_discriminator(frames.tensors())
        settings = Settings(part.record.state.get("cfg"))
        shape = discriminator_config(part.path, frames, judge)
        with torch.device("meta"):
            network = MoCoGANDiscriminator(
                shape,
                frames=settings.whole("sampling.num_frames_per_video", 16),
                paddings=settings.whole("video_discr_num_t_paddings", 0),
            )
        return filled(network, part.read(network, native), source=part.path.name)
