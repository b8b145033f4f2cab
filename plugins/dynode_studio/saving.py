"""The work on the table as one JSON file, saved and opened again."""

from __future__ import annotations

import json
from pathlib import Path

from dynode import files
from dynode.errors import UsageError
from dynode.generator import GeneratorInfo
from dynode_studio.contents import LARGEST, Contents
from dynode_studio.state import from_values, to_values
from dynode_studio.variants import Work, variants_from_values, variants_to_values

FORMAT = "dynode.studio"
VERSION = 1
LARGEST_FILE = 2 * LARGEST  # bytes; base64 takes a third more


def to_json(work: Work, contents: Contents, info: GeneratorInfo) -> str:
    """Write work, with the codes and directions that it refers to.

    Args:
        work: What is saved.
        contents: Where they are kept.
        info: The generator's description; its fingerprint is checked when the file is opened.
    """
    directions, codes = _keys(work)
    return json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "generator": info.name,
            "fingerprint": info.fingerprint,
            "state": to_values(work.state),
            "variants": variants_to_values(work.variants),
            "contents": contents.to_values(directions | codes),
        },
        indent=1,
    )


def from_json(text: str | bytes, contents: Contents, info: GeneratorInfo) -> Work:
    """Read what `to_json` wrote, also before it kept variants.

    Args:
        text: From a file that may be a stranger's.
        contents: Gets what the work refers to.
        info: The generator's description.

    Raises:
        UsageError: It is something else, or of another generator.
    """
    if len(text) > LARGEST_FILE:
        raise UsageError(
            f"the file is larger than {LARGEST_FILE // 2**20} MiB; no work of the studio is"
        )
    with files.reading(Path("the file"), "work of the studio", "save it again", error=UsageError):
        told = json.loads(text)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise UsageError("the file holds no work of the studio; open one that 'Save' wrote")
    if told.get("version") != VERSION:
        raise UsageError(
            f"the file is of version {str(told.get('version'))[:20]}; this dynode reads {VERSION}"
        )
    if told.get("fingerprint") != info.fingerprint:
        raise UsageError(
            f"the work is of generator {str(told.get('generator'))[:40]!r}, this studio draws with "
            f"{info.name!r}; start it with 'dynode studio --generator NAME'"
        )
    work = Work(from_values(told.get("state")), variants_from_values(told.get("variants", {})))
    contents.take(told.get("contents", {}))
    directions, codes = _keys(work)
    for key in directions:
        contents.direction(key).check(info)
    for key in codes:
        contents.latents(key, info.fingerprint)
    return work


def _keys(work: Work) -> tuple[set[str], set[str]]:
    """Return the keys of the directions and of the codes that work refers to."""
    directions = {slider.file for state in work.states for slider in state.sliders}
    return directions - {""}, {state.source.file for state in work.states} - {""}
