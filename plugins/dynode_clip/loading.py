"""Build an open_clip model and fill it from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dynode.errors import MissingWeightsError, UnknownNameError, UnsupportedCheckpointError
from dynode_clip.model import OpenClipModel, Triple
from dynode_clip.tokenizer import BytePairTokenizer
from dynode_clip.weights import read_clip

Shapes = dict[str, tuple[int, ...]]


def load_model(
    weights: Path | None, architecture: str, device: torch.device | str
) -> OpenClipModel:
    """Load a CLIP model from a file; see `ClipTextEncoder.load`."""
    settings = _settings(architecture)
    if weights is None:
        raise MissingWeightsError(
            f"the text encoder 'clip' ({architecture}) has no weights; expected a file with them: "
            "download one, such as OpenAI's ViT-B-32.pt, and give its path"
        )
    tensors = read_clip(Path(weights))
    network = _empty(architecture)
    _fill(network, tensors, architecture, Path(weights))
    mean, std = _normalisation(network)
    tokenizer = BytePairTokenizer(int(settings["text_cfg"].get("context_length", 77)))
    return OpenClipModel(network.to(device), tokenizer, mean=mean, std=std)


def _settings(architecture: str) -> dict[str, Any]:
    import open_clip

    known = open_clip.list_models()
    if architecture not in known:
        raise UnknownNameError("CLIP architecture", architecture, known)
    settings: dict[str, Any] = open_clip.get_model_config(architecture)
    text = settings["text_cfg"]
    if "hf_model_name" in text or "hf_tokenizer_name" in text:
        raise UnsupportedCheckpointError(
            f"the architecture {architecture!r} needs a tokenizer that does not come with open_clip; "
            "expected one with CLIP's own, such as 'ViT-B-32-quickgelu': choose another"
        )
    return settings


def _empty(architecture: str) -> nn.Module:
    """Build an architecture with random weights; nothing is downloaded."""
    import open_clip

    network: nn.Module = open_clip.create_model(
        architecture, pretrained=None, pretrained_image=False, pretrained_hf=False
    )
    return network


def _fill(network: nn.Module, tensors: dict[str, Tensor], architecture: str, path: Path) -> None:
    from open_clip.model import convert_to_custom_text_state_dict

    if not hasattr(network, "positional_embedding"):
        tensors = convert_to_custom_text_state_dict(tensors)
    own = network.state_dict()
    for name in ("logit_scale", "logit_bias"):
        if name in tensors and name in own and tensors[name].numel() == 1:
            tensors[name] = tensors[name].reshape(own[name].shape)
    found, expected = _shapes(tensors), _shapes(own)
    if found != expected:
        raise UnsupportedCheckpointError(
            f"{path.name} holds {_likely(found) or 'another model'}, not {architecture!r} "
            f"({_difference(found, expected)}); name the architecture that the file was trained with"
        )
    network.load_state_dict(tensors)


def _shapes(tensors: Mapping[str, Tensor]) -> Shapes:
    return {name: tuple(part.shape) for name, part in tensors.items()}


def _difference(found: Shapes, expected: Shapes) -> str:
    for name, shape in expected.items():
        if name not in found:
            return f"{name!r} is missing"
        if found[name] != shape:
            return f"{name!r} is {found[name]} instead of {shape}"
    return f"{next(name for name in found if name not in expected)!r} is too many"


def _likely(found: Shapes) -> str:
    """Name the vision transformers of open_clip that have the sizes of a file."""
    import open_clip

    kernel = found.get("visual.conv1.weight")
    places = found.get("visual.positional_embedding")
    projection = found.get("text_projection") or found.get("text.text_projection")
    if kernel is None or places is None or projection is None:
        return ""
    depth = sum(name.endswith(".ln_1.weight") for name in found if name.startswith("visual."))
    side = kernel[-1] * round((places[0] - 1) ** 0.5)
    wanted = (kernel[0], kernel[-1], depth, side, projection[-1])
    names = [name for name in open_clip.list_models() if _sizes(name) == wanted]
    return " or ".join(repr(name) for name in names[:2])


def _sizes(architecture: str) -> tuple[int, int, int, int, int] | None:
    import open_clip

    settings = open_clip.get_model_config(architecture)
    vision = settings["vision_cfg"]
    if "patch_size" not in vision or "hf_model_name" in settings["text_cfg"]:
        return None
    sides = (vision["width"], vision["patch_size"], vision["layers"], vision["image_size"])
    return (*sides, settings["embed_dim"])


def _normalisation(network: nn.Module) -> tuple[Triple, Triple]:
    settings = getattr(network.visual, "preprocess_cfg", None) or {}
    mean = settings.get("mean", (0.48145466, 0.4578275, 0.40821073))
    std = settings.get("std", (0.26862954, 0.26130258, 0.27577711))
    return tuple(mean), tuple(std)
