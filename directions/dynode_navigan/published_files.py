"""NaviGAN's own files, written."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from dynode import files
from dynode.direction import LayerDirections, SingularBasis, WeightDirection
from dynode.errors import DirectionFileError, UnsupportedCheckpointError
from dynode.importing import write_content
from dynode.stylegan2 import StyleGAN2
from dynode.stylegan2.checkpoints import generator_entries, generator_kernels
from dynode_navigan.published_reader import layer_index

_PREFIX = "style_gan2."


def write_eigenvectors(path: Path, vectors: Tensor) -> None:
    """Write unit eigenvectors (k, out, in, kh, kw) as the published Hessian script does.

    Args:
        path: `eigenvectors_layer{index}_{generator}.pt` is the published name, from which the layer
            is read.
        vectors: What to write.
    """
    with files.written(path) as temporary:
        torch.save(vectors.detach().cpu()[:, None].clone(), temporary)


def write_deformation(direction: WeightDirection, path: Path, scale: float) -> None:
    """Write one shift as the published code does: the number of its layer and the shift.

    Raises:
        DirectionFileError: The layer has no number there.
    """
    index = layer_index(direction.layer)
    if index is None:
        raise DirectionFileError(
            f"{direction.layer} has no number in NaviGAN's files, which address the convolutions from "
            f"8 pixels on; keep it as .safetensors"
        )
    write_content(path, {"layer_ix": index, "shift": (direction.delta * scale)[None, None]})


def write_checkpoint(
    path: Path, generator: StyleGAN2, directions: LayerDirections, predictor: nn.Module, step: int
) -> None:
    """Write trained directions as the published trainer does: its `checkpoint.pt`.

    Args:
        path: Where to.
        generator: Whose weights go into the file, in the rosinality layout.
        directions: Trained; singular vectors go into the file, a fixed basis does not.
        predictor: The published kind of predictor, not resized.
        step: Number of the last step.

    Raises:
        UnsupportedCheckpointError: The layout has no name for the layer.
    """
    index = layer_index(directions.layer)
    if index is None:
        raise UnsupportedCheckpointError(
            f"{path.name} cannot hold directions of {directions.layer}: NaviGAN's files address the "
            f"convolutions from 8 pixels on; keep them as .safetensors"
        )
    entries = generator_entries(generator.network.config)
    state = {
        f"{_PREFIX}{entries[name].key}": part.detach().cpu().reshape(entries[name].shape)
        for name, part in generator.network.state_dict().items()
        if name in entries
    }
    kernels = generator_kernels(generator.network.config)
    state |= {f"{_PREFIX}{key}": kernel for key, kernel in kernels.items()}
    state |= _directions_state(directions, f"{_PREFIX}convs.{index}.conv")
    content = {
        "step": step,
        "deformator": {},
        "shift_predictor": predictor.state_dict(),
        "generator": state,
    }
    with files.written(path) as temporary:
        torch.save(content, temporary)


def _directions_state(directions: LayerDirections, layer: str) -> dict[str, Tensor]:
    coefficients, basis = directions.coefficients.cpu(), directions.basis
    if isinstance(basis, SingularBasis):
        own = {"u": basis.u.cpu(), "vh": basis.vh.cpu()}
        own["direction_to_eigenvalues_delta"] = coefficients
    else:
        own = {"direction_to_basis_coefs": coefficients}
    return {f"{layer}.{name}": part for name, part in own.items()}
