"""dynode's own files of video generators: safetensors, native names, the shape in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from dynode.errors import CheckpointError, CorruptCheckpointError, DynodeError
from dynode.files import check_free, load_metadata
from dynode.stylegan2.checkpoints import checked_resolution
from dynode.weights import is_state_dict, open_weights, quoted, unsafe, write_safetensors
from dynode_stylegan_v.config import VideoConfig
from dynode_stylegan_v.loading import filled, meta_network, refuse_misfits
from dynode_stylegan_v.synthesis import VideoNetwork

FORMAT = "dynode.video-generator"
VERSION = "1"
_MOST = 2**20


def file_kind(path: Path) -> str:
    """Return the `dynode.format` that stands in a safetensors file's head; empty if none does."""
    return load_metadata(path).get("dynode.format", "")


def write_network(
    network: VideoNetwork,
    path: str | Path,
    *,
    metadata: Mapping[str, str] | None = None,
    force: bool = False,
) -> None:
    """Write a video generator; the file appears only when it is whole.

    Args:
        network: What to write.
        path: Where to.
        metadata: `name`, `domain`, `crop`, `licence`, `source`.
        force: Replace a file that exists.

    Raises:
        OutputExistsError: The file exists and `force` is off.
    """
    path = Path(path)
    check_free(path, force=force)
    facts = {"dynode.format": FORMAT, "dynode.version": VERSION, "config": network.config.to_json()}
    tensors = {name: part.detach().cpu() for name, part in network.state_dict().items()}
    write_safetensors(tensors, path, {**(metadata or {}), **facts})


def read_network(path: str | Path) -> tuple[VideoNetwork, dict[str, str]]:
    """Read a video generator.

    Returns:
        The network, in evaluation mode and without gradients, and the file's metadata.

    Raises:
        CheckpointError: The file cannot be used.
    """
    path = Path(path)
    with open_weights(path) as weights:
        config = _config(path, weights.metadata)
        network, stored = meta_network(config), weights.content
        assert is_state_dict(stored)
        refuse_misfits(network, {name: part.shape for name, part in stored.items()}, path.name)
        if sum(part.span_bytes for part in stored.values()) > weights.size:
            raise unsafe(path, "its tensors together are larger than the file")
        state: dict[str, Tensor] = {name: part.read() for name, part in stored.items()}
        return filled(network, state, source=path.name), dict(weights.metadata)


def _config(path: Path, metadata: Mapping[str, str]) -> VideoConfig:
    found = metadata.get("dynode.format"), metadata.get("dynode.version")
    if found != (FORMAT, VERSION):
        raise CorruptCheckpointError(
            f"{path.name} holds {found[0]!r:.60} of version {found[1]!r:.20}; expected {FORMAT} of version "
            f"{VERSION}; update dynode, or give another file"
        )
    try:
        config = VideoConfig.from_json(metadata["config"])
        checked_resolution(path, config.resolution)
        sizes = [*config.channels.values(), config.z_dim, config.w_dim, config.c_dim]
        sizes += [config.motion_z_dim, config.motion_v_dim, config.kernel, config.frequencies]
        if not all(type(size) is int and 0 <= size <= _MOST for size in sizes):
            raise ValueError(f"a size is not between 0 and {_MOST}")
        return config
    except CheckpointError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, DynodeError) as error:
        raise CorruptCheckpointError(
            f"{path.name} describes no video generator ({quoted(str(error), 80)}); write it again"
        ) from error
