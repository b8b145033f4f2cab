"""What the commands on points in latent space share: the generator, and how points become codes."""

from __future__ import annotations

import functools
from typing import Any

from dynode.cli import console, takes_inverter


def takes_points(command: console.Command) -> console.Command:
    """Give a command the flags of points; it gets them as `opening`, keywords of the Python call."""

    @functools.wraps(command)
    def run(*arguments: Any, inverting: dict[str, Any], **others: Any) -> Any:
        names = ("truncation", "generator", "class_index", "device", "seed")
        opening = inverting | {name: others.pop(name) for name in names}
        return command(*arguments, opening=opening, **others)

    for option in (
        console.SEED,
        console.DEVICE,
        console.CLASS,
        console.GENERATOR,
        console.truncation_option(None, "Truncation ψ of seeds; 0.7 if absent."),
    ):
        run = option(run)
    return takes_inverter(run)  # type: ignore[return-value]  # the same command
