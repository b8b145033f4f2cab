"""State dictionaries of CLIP models in the files that are published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.errors import UnsupportedCheckpointError
from dynode.weights import read_tensors
from dynode_clip.torchscript import is_torchscript, read_torchscript

if TYPE_CHECKING:
    from torch import Tensor

# Stored by some writers, computed by the model itself.
_NOT_WEIGHTS = ("input_resolution", "context_length", "vocab_size", "position_ids", "attn_mask")


def read_clip(path: Path) -> dict[str, Tensor]:
    """Read the towers of a CLIP model, float32, by the names open_clip gives their parts.

    Args:
        path: OpenAI's file (a TorchScript archive, or its state dict saved alone), or open_clip's
            state dict, plain or in a training checkpoint, in any container.

    Raises:
        MissingWeightsError: There is no such file.
        CheckpointError: It cannot be read, or holds no CLIP model.
    """
    content: object = read_torchscript(path) if _is_script(path) else read_tensors(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    tensors = _tensors(content)
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): part for name, part in tensors.items()}
    if not any(name.startswith("visual.") for name in tensors):
        some = ", ".join(repr(name) for name in list(tensors)[:3]) or "no tensors"
        raise UnsupportedCheckpointError(
            f"{path.name} holds no CLIP model (it has {some}); expected an image tower 'visual.…' and "
            "a text tower: give OpenAI's or open_clip's file"
        )
    return tensors


def _is_script(path: Path) -> bool:
    return path.is_file() and is_torchscript(path)


def _tensors(content: object) -> dict[str, Tensor]:
    import torch

    if not isinstance(content, Mapping):
        return {}
    return {
        name: part.float() if part.is_floating_point() else part
        for name, part in content.items()
        if isinstance(part, torch.Tensor) and name.split(".")[-1] not in _NOT_WEIGHTS
    }
