"""What a shell offers after Tab for the values of options: names that are there, then files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completing(named: Callable[[], Iterable[tuple[str, str]]], *, files: bool) -> Complete:
    """Offer names with their summaries; where `files` may stand too, those where no name fits."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        items = [
            CompletionItem(name, help=summary)
            for name, summary in named()
            if name.startswith(incomplete)
        ]
        # bash forgets what comes before a request for files
        return [CompletionItem(incomplete, type="file"), *items] if files else items

    return complete


def _on_shelf(shelf: str) -> Callable[[], Iterable[tuple[str, str]]]:
    def named() -> Iterable[tuple[str, str]]:
        from dynode.plugins import registry

        return [(each.name, each.summary) for each in getattr(registry(), shelf)]

    return named


def _ready_directions() -> Iterable[tuple[str, str]]:
    from dynode.pipeline.library import still_library

    return [(name, "") for name in still_library()]


methods = _completing(_on_shelf("directions"), files=False)
inverters = _completing(_on_shelf("inverters"), files=False)
detectors = _completing(_on_shelf("face_detectors"), files=False)
generators = _completing(_on_shelf("generators"), files=True)
directions = _completing(_ready_directions, files=True)
