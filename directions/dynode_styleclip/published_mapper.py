"""StyleCLIP's latent mappers: checkpoints with `mapper.*` weights and their options."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from dynode.direction import Direction, MapperDirection, RowMapper, StyleMapperDirection
from dynode.errors import DirectionFileError
from dynode.importing import PublishedFile, slug, write_content
from dynode.weights import StoredTensor
from dynode_styleclip.published_style_mapper import (
    has_style_parts,
    published_style_opts,
    published_style_state,
    read_style_mapper,
)

STEP = 0.1
"""Factor of the mapper's output in the published edit."""
LEVELS = {"course_mapping": 0, "medium_mapping": 4, "fine_mapping": 8}
"""First row of each part of the published three-part mapper."""
_DEPTH = 4
_DEFAULT_SIZE = 1024


def mapper_part(content: object) -> object | None:
    """Pick the mapper and the options of a checkpoint that also holds a generator."""
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        return None
    wanted = {
        key: value
        for key, value in content["state_dict"].items()
        if isinstance(value, StoredTensor) and str(key).startswith("mapper.")
    }
    return {"state_dict": wanted, "opts": content.get("opts")} if wanted else None


def holds_mapper(file: PublishedFile) -> bool:
    """Tell whether a file holds a mapper's weights."""
    return isinstance(file.content, dict) and isinstance(file.content.get("state_dict"), dict)


def read_mapper(file: PublishedFile) -> list[Direction]:
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
    groups = _find_groups(file, parts, rows)
    return [MapperDirection(_build_network(file, state, groups), STEP, info=info)]


def _find_groups(file: PublishedFile, parts: list[str], rows: int) -> dict[str, tuple[int, int]]:
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


def _build_network(
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
    try:
        return RowMapper(list(groups.values()), width, state=native)
    except ValueError as error:
        raise DirectionFileError(
            f"{file.path.name} holds a mapper whose layers are not all ({width}, {width}); get it again"
        ) from error


def published_opts(direction: MapperDirection) -> dict[str, Any]:
    """Return the options a published checkpoint of such a mapper carries."""
    last_row = max(end for _, end in direction.mapper.groups)
    parts = {first for first, _ in direction.mapper.groups}
    return {
        "mapper_type": direction.info.options.get("mapper_type") or "LevelsMapper",
        "no_coarse_mapper": 0 not in parts,
        "no_medium_mapper": 4 not in parts,
        "no_fine_mapper": 8 not in parts,
        "work_in_stylespace": False,
        "stylegan_size": 2 ** ((last_row + 2) // 2),
        "description": str(direction.info.options.get("text", direction.info.name)),
    }


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


def write_mapper(direction: Direction, path: Path) -> str:
    """Write a mapper's checkpoint: its weights and options.

    Returns:
        What was written, in words; a factor of the output that the published edit does not have is
        told.

    Raises:
        DirectionFileError: Its parts are none that the published mappers have.
    """
    if isinstance(direction, StyleMapperDirection):
        state, opts = published_style_state(direction.mapper), published_style_opts(direction)
        what = "a StyleCLIP mapper of style vectors"
    else:
        assert isinstance(direction, MapperDirection)
        state, opts = published_state(direction.mapper), published_opts(direction)
        what = "a StyleCLIP mapper"
    write_content(path, {"state_dict": state, "opts": opts})
    if direction.scale == STEP:
        return what
    return (
        f"{what}; its factor {direction.scale:g} is lost, the published edit multiplies by {STEP:g}"
    )
