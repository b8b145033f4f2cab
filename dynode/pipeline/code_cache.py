"""Codes that were found once are kept: where, under what name, and what happens to damaged ones.

The cache is a convenience: what is damaged in it is made again, and where it cannot be written the result
is the same. Codes that are not finite never get here, see `dynode.plugins.boundary`.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

from dynode.errors import DynodeError
from dynode.generator.computing import arithmetic
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.models import cache_folder
from dynode.pipeline.choosing import ReadyInverter
from dynode.plugins import registry
from dynode.version import __version__

BATCH = 8
"""Pictures that are inverted at once; a code may depend on it in its last digits."""

_FORMAT = "2"


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
        "dtype": arithmetic(generator),
        "dynode": __version__,
        "inverter": inverter.method.name,
        "owner": registry().inverters.owner_of(inverter.method.name),  # with its version
        "options": repr(inverter.options),
        "files": [_stamp(path) for path in named],
        "seed": seed,
    }
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "codes" / name


def read_kept(path: Path, generator: Generator) -> Latents | None:
    """Read codes that were kept; None where there are none, or damaged ones, which are removed."""
    if not path.exists():
        return None
    try:
        latents = Latents.load(path, fingerprint=generator.info.fingerprint)
    except (DynodeError, OSError) as error:
        warnings.warn(
            f"the kept codes {path} are damaged ({error}); they are made again", stacklevel=2
        )
        return None
    return latents.to(generator.device, generator.dtype)


def keep(latents: Latents, path: Path, generator: Generator) -> None:
    """Keep codes; where that cannot be done, say so and go on."""
    try:
        latents.save(path, fingerprint=generator.info.fingerprint)
    except (DynodeError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        # One text for the whole folder, so that it is shown once.
        warnings.warn(
            f"codes cannot be kept in {cache_folder()} ({reason}); the next command finds them again: "
            f"point DYNODE_CACHE to a folder that can be written",
            stacklevel=2,
        )


def _stamp(path: Path) -> list[int]:
    status = path.stat() if path.exists() else None
    return [status.st_mtime_ns, status.st_size] if status else []
