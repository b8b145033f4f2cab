"""A file of the user, whatever it is by its content, into what a state holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynode.plugins import Progress, silent
from dynode_studio import finding, saving
from dynode_studio.clips import open_clip_work
from dynode_studio.drawing import Drawing
from dynode_studio.state import Slider, Source
from dynode_studio.uploads import kind_of_upload, plain_name, uploaded
from dynode_studio.variants import Work


def read_any(
    drawing: Drawing,
    name: str,
    content: bytes,
    *,
    inverter: str = "",
    options: Mapping[str, Any] | None = None,  # values by option name
    progress: Progress = silent,
) -> Source | Slider | Work:
    """Read saved work, a picture, a clip, codes or a direction from a stranger's bytes.

    Args:
        drawing: Whose generator it is for; gets the content.
        name: What the browser calls the file.
        content: Its bytes.
        inverter: What inverts a picture or clip; empty for that of the generator's domain.
        options: The inverter's options by name.
        progress: Called by the inverter.

    Raises:
        DynodeError: It is none of these.
    """
    name = plain_name(name)
    if content[:1] == b"{":
        return saving.from_json(content, drawing.contents, drawing.generator.info)
    with uploaded(content, name) as path:
        kind = kind_of_upload(path)
        if kind == "picture":
            return finding.opened_picture(
                drawing, path, name, inverter=inverter, options=options, progress=progress
            )
        if kind in ("latents", "codes"):
            return finding.opened_codes(drawing, path, name)
        if kind == "clip":
            return open_clip_work(
                drawing, name, content, inverter=inverter, options=options, progress=progress
            )
        return finding.opened_direction(drawing, path)
