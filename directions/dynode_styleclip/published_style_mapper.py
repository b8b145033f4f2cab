"""StyleCLIP's mappers over style vectors: the weights of `mapper_<number>`, one a vector."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from dynode.direction import DirectionInfo, StyleMapper, StyleMapperDirection
from dynode.errors import DirectionFileError
from dynode.importing import PublishedFile

_PART = re.compile(r"mapper_(\d{1,3})")
_DEPTH = 4
_KINDS = ("conv0", "conv1", "torgb")


def has_style_parts(parts: list[str]) -> bool:
    """Tell whether the parts of a mapper are numbered style vectors."""
    return bool(parts) and all(_PART.fullmatch(part) for part in parts)


def read_style_mapper(
    file: PublishedFile,
    state: Mapping[str, Tensor],
    parts: list[str],
    info: DirectionInfo,
    scale: float,
) -> StyleMapperDirection:
    """Read a mapper over any of the style vectors.

    Args:
        file: Where it comes from.
        state: Its tensors, as published.
        parts: Its parts, such as `mapper_0`.
        info: Where the direction comes from.
        scale: Factor of its output at strength 1.

    Raises:
        DirectionFileError: Its tensors do not fit together.
    """
    numbers = sorted(int(part.removeprefix("mapper_")) for part in parts)
    native, channels = {}, {}
    for place, number in enumerate(numbers):
        for layer in range(_DEPTH):
            for kind in ("weight", "bias"):
                key = f"mapper.mapper_{number}.mapping.{layer + 1}.{kind}"
                if key not in state:
                    raise DirectionFileError(
                        f"{file.path.name} lacks {key}; expected {_DEPTH} layers a style vector; get it "
                        f"again"
                    )
                native[f"stacks.{place}.{layer}.{kind}"] = state[key].float()
        channels[style_layer(number)] = int(native[f"stacks.{place}.0.weight"].shape[0])
    for name, part in native.items():
        width = list(channels.values())[int(name.split(".")[1])]
        if tuple(part.shape) != ((width, width) if name.endswith("weight") else (width,)):
            raise DirectionFileError(
                f"{file.path.name} holds a mapper of {width} style channels with a tensor "
                f"{tuple(part.shape)}; get it again"
            )
    return StyleMapperDirection(StyleMapper(channels, state=native), scale, info=info)


def style_layer(number: int) -> str:
    """Name the layer of a style vector, counted from 0 in execution order, toRGB included."""
    if number < 2:
        return ("b4.conv1", "b4.torgb")[number]
    block, kind = divmod(number - 2, len(_KINDS))
    return f"b{8 << block}.{_KINDS[kind]}"


def style_number(layer: str) -> int:
    """Count the style vectors in front of a layer's; the inverse of `style_layer`."""
    block, _, kind = layer.partition(".")
    resolution = int(block.removeprefix("b"))
    if resolution == 4:
        return int(kind == "torgb")
    return 2 + len(_KINDS) * (resolution.bit_length() - 4) + _KINDS.index(kind)


def published_style_state(mapper: StyleMapper) -> dict[str, Tensor]:
    """Name a mapper's weights as the published checkpoints do.

    Raises:
        DirectionFileError: It has another depth than they.
    """
    if mapper.depth != _DEPTH:
        raise DirectionFileError(
            f"a mapper of {mapper.depth} layers has no published form; expected {_DEPTH}; keep it as "
            f".safetensors"
        )
    numbers = [style_number(layer) for layer in mapper.channels]
    return {
        f"mapper.mapper_{numbers[int(place)]}.mapping.{int(layer) + 1}.{kind}": tensor
        for key, tensor in mapper.state_dict().items()
        for _, place, layer, kind in [key.split(".")]
    }


def published_style_opts(direction: StyleMapperDirection) -> dict[str, Any]:
    """Return the options a published checkpoint of such a mapper carries."""
    sides = [int(name.partition(".")[0].removeprefix("b")) for name in direction.mapper.channels]
    has_rgb = any(name.endswith("torgb") for name in direction.mapper.channels)
    kind = "FullStyleSpaceMapper" if has_rgb else "WithoutToRGBStyleSpaceMapper"
    return {
        "mapper_type": kind,
        "work_in_stylespace": True,
        "stylegan_size": max(sides),
        "description": str(direction.info.options.get("text", direction.info.name)),
    }
