"""What a shell offers after Tab for the values of options: names that are there, then files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import click
from click.shell_completion import CompletionItem

from dynode.options import OptionSpec

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
Named = Callable[[click.Context], Iterable[tuple[str, str]]]
"""Names with their summaries, for the command line that has been read so far."""


def _completing(named: Named, *, files: bool = False, many: bool = False) -> Complete:
    """Offer names; where `files` may stand too, those where no name fits; with `many`, by commas."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, begun = incomplete.rpartition(",") if many else ("", "", incomplete)
        items = [
            CompletionItem(before + comma + name, help=summary)
            for name, summary in named(ctx)
            if name.startswith(begun)
        ]
        # bash forgets what comes before a request for files
        return [CompletionItem(incomplete, type="file"), *items] if files else items

    return complete


def _on_shelf(shelf: str) -> Named:
    def named(ctx: click.Context) -> Iterable[tuple[str, str]]:
        from dynode.plugins import registry

        return [(each.name, each.summary) for each in getattr(registry(), shelf)]

    return named


def _ready_directions(ctx: click.Context) -> Iterable[tuple[str, str]]:
    from dynode.pipeline.library import still_library

    return [(name, "") for name in still_library()]


def _plugins(ctx: click.Context) -> Iterable[tuple[str, str]]:
    from dynode.plugins import registry

    return [(report.name, report.distribution) for report in registry().reports]


def _attributes(ctx: click.Context) -> Iterable[tuple[str, str]]:
    from dynode.plugins import registry

    return [(name, scorer.name) for scorer in registry().scorers for name in scorer.attributes]


def _layers(of: str) -> Named:
    """Name the layers of the generator of the line, which is loaded for it."""

    def named(ctx: click.Context) -> Iterable[tuple[str, str]]:
        from dynode.errors import DynodeError
        from dynode.generator import load_generator

        try:
            info = load_generator(ctx.params.get("generator"), device="cpu").info
        except DynodeError:  # the command itself will say so
            return []
        return [(name, "") for name in getattr(info, of)]

    return named


methods = _completing(_on_shelf("directions"))
inverters = _completing(_on_shelf("inverters"))
detectors = _completing(_on_shelf("face_detectors"))
plugins = _completing(_plugins)
generators = _completing(_on_shelf("generators"), files=True)
directions = _completing(_ready_directions, files=True)

_BY_NAME: Mapping[str, Named] = {
    "attribute": _attributes,
    "clip": _on_shelf("text_encoders"),
    "layer": _layers("conv_layers"),
    "layers": _layers("style_channels"),
    "scorer": _on_shelf("scorers"),
}
"""One thing has one name: an option of any method that is called so takes these."""


def values(spec: OptionSpec) -> Complete | None:
    """Say what is offered for an option of a method: choices, files, or names that are there."""
    if spec.type.__name__ == "Path":
        return _completing(lambda ctx: [], files=True)
    if spec.choices:
        return _completing(lambda ctx: [(each, "") for each in spec.choices if each])
    named = _BY_NAME.get(spec.name)
    return named and _completing(named, many=spec.many)
