"""Codes that were found once are kept: where, and under what name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from dynode.generator.protocol import Generator
from dynode.models import cache_folder
from dynode.pipeline.choosing import ReadyInverter

BATCH = 8
"""Pictures that are inverted at once; a code may depend on it in its last digits."""

_FORMAT = "1"


def codes_folder(content: str, generator: Generator, inverter: ReadyInverter, seed: int) -> Path:
    """Name the cache folder of the codes of one file.

    Args:
        content: Hash of what is inverted.
        generator: The generator.
        inverter: The inverter; files its options name count with their date and size.
        seed: Its seed.
    """
    named = [value for value in vars(inverter.options).values() if isinstance(value, Path)]
    told = {
        "format": _FORMAT,
        "batch": BATCH,
        "clip": content,
        "generator": generator.info.fingerprint,
        "dtype": str(generator.dtype),
        "inverter": inverter.method.name,
        "options": repr(inverter.options),
        "files": [_stamp(path) for path in named],
        "seed": seed,
    }
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "codes" / name


def _stamp(path: Path) -> list[int]:
    status = path.stat() if path.exists() else None
    return [status.st_mtime_ns, status.st_size] if status else []
