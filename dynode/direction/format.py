"""The direction file, version 1: its name, its version, and the writer of any kind."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from dynode.direction.info import DirectionInfo
from dynode.weights import write_safetensors

FORMAT = "dynode.direction"
VERSION = 1


def write_direction(
    path: Path,
    space: str,
    tensors: Mapping[str, Tensor],
    description: Mapping[str, Any],  # JSON values
    info: DirectionInfo,
) -> None:
    """Write one safetensors file with JSON metadata.

    Args:
        path: Where to, usually `NAME.safetensors`.
        space: What stands for the kind.
        tensors: What the kind keeps, in the order in which it is written.
        description: What it needs besides tensors.
        info: Where it comes from; values that are no JSON are written as text.
    """
    head = {
        "format": FORMAT,
        "version": str(VERSION),
        "space": space,
        "kind": json.dumps(description),
        "info": json.dumps(dataclasses.asdict(info), default=str, sort_keys=True),
    }
    write_safetensors({name: part.contiguous() for name, part in tensors.items()}, path, head)
