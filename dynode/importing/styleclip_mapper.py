"""StyleCLIP's latent mappers: checkpoints with `mapper.*` weights and their options."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from dynode.direction.base import Direction
from dynode.direction.mapper import MapperDirection
from dynode.direction.networks import RowMapper
from dynode.errors import DirectionFileError
from dynode.importing.request import PublishedFile, slug
from dynode.importing.styleclip_style_mapper import has_style_parts, read_style_mapper

STEP = 0.1
"""Factor of the mapper's output in the published edit."""
LEVELS = {"course_mapping": 0, "medium_mapping": 4, "fine_mapping": 8}
"""First row of each part of the published three-part mapper."""
_DEPTH = 4
_DEFAULT_SIZE = 1024


def matches(file: PublishedFile) -> bool:
    """Tell whether a file holds a mapper's weights."""
    return isinstance(file.content, dict) and isinstance(file.content.get("state_dict"), dict)


def read(file: PublishedFile) -> list[Direction]:
    """Read a mapper over W+ rows, in one part or three, or over style vectors.

    Raises:
        DirectionFileError: Its tensors do not fit together.
    """
    assert isinstance(file.content, dict)
    state: Mapping[str, Tensor] = file.content["state_dict"]
    opts: dict[str, Any] = file.content.get("opts") or {}
    parts = sorted({key.split(".")[1] for key in state if key.startswith("mapper.")})
    text = str(opts.get("description") or "")
    info = file.info(
        name=slug(text),
        method="styleclip-mapper",
        options={"text": text, "mapper_type": str(opts.get("mapper_type", ""))},
        unit=f"the published edit, {STEP:g} times the mapper's output",
    )
    if has_style_parts(parts):
        return [read_style_mapper(file, state, parts, info, STEP)]
    rows = 2 * int(math.log2(int(opts.get("stylegan_size") or _DEFAULT_SIZE))) - 2
    groups = _groups(file, parts, rows)
    return [MapperDirection(_network(file, state, groups), STEP, info=info)]


def _groups(file: PublishedFile, parts: list[str], rows: int) -> dict[str, tuple[int, int]]:
    if parts == ["mapping"]:
        return {"mapping.mapping": (0, rows)}
    if not parts or not set(parts) <= set(LEVELS):
        raise DirectionFileError(
            f"{file.path.name} holds a mapper with the parts {', '.join(parts) or 'none'}; expected "
            f"{', '.join(LEVELS)} or mapping; check that it is a StyleCLIP mapper"
        )
    starts = [*LEVELS.values(), rows]
    ends = dict(zip(LEVELS, starts[1:], strict=True))
    return {
        f"{part}.mapping": (start, ends[part]) for part, start in LEVELS.items() if part in parts
    }


def _network(
    file: PublishedFile, state: Mapping[str, Tensor], groups: Mapping[str, tuple[int, int]]
) -> RowMapper:
    native = {}
    for index, part in enumerate(groups):
        for layer in range(_DEPTH):
            for kind in ("weight", "bias"):
                key = f"mapper.{part}.{layer + 1}.{kind}"
                if key not in state:
                    raise DirectionFileError(
                        f"{file.path.name} lacks {key}; expected {_DEPTH} layers a part; get it again"
                    )
                native[f"stacks.{index}.{layer}.{kind}"] = state[key].float()
    width = native["stacks.0.0.weight"].shape[0]
    mapper = RowMapper(list(groups.values()), width)
    try:
        mapper.load_state_dict(native)
    except RuntimeError as error:
        raise DirectionFileError(
            f"{file.path.name} holds a mapper whose layers are not all ({width}, {width}); get it again"
        ) from error
    return mapper.requires_grad_(False)


def published_state(mapper: RowMapper) -> dict[str, Tensor]:
    """Name a mapper's weights as the published checkpoints do.

    Raises:
        DirectionFileError: Its groups are none that the published mappers have.
    """
    names = {start: f"{part}.mapping" for part, start in LEVELS.items()}
    single = len(mapper.groups) == 1 and mapper.groups[0][0] == 0 and mapper.groups[0][1] > 4
    parts = ["mapping.mapping"] if single else [names.get(start, "") for start, _ in mapper.groups]
    if not all(parts) or mapper.depth != _DEPTH:
        raise DirectionFileError(
            f"a mapper over the rows {list(mapper.groups)} has no published form; expected the parts "
            f"{', '.join(LEVELS)} or one over all rows; keep it as .safetensors"
        )
    return {
        f"mapper.{parts[int(index)]}.{int(layer) + 1}.{kind}": tensor
        for key, tensor in mapper.state_dict().items()
        for _, index, layer, kind in [key.split(".")]
    }
