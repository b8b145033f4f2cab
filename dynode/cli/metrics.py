"""`dynode metrics`: measure generators, folders, zip files and clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console
from dynode.cli.method_options import click_options, split_method_options
from dynode.errors import UnknownNameError

if TYPE_CHECKING:
    from dynode.measuring.figures import Figures
    from dynode.plugins.metric import Metric


class _Metrics(click.Group):
    """Offers every installed metric, beside `list`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(metric.name for metric in _installed())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        found = next((metric for metric in _installed() if metric.name == cmd_name), None)
        return None if found is None else _command_of(found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownNameError("metric", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _installed() -> list[Metric]:
    from dynode.plugins import registry

    return list(registry().metrics)


@click.group(cls=_Metrics)
def metrics() -> None:
    r"""Measure pictures and clips: how good, how alike, how steady.

    \b
    Try:  dynode metrics list
    """


@metrics.command("list")
@console.JSON
def list_metrics(as_json: bool) -> None:
    r"""List the installed metrics: what each measures, and what it is given.

    \b
    Try:     dynode metrics list
    Python:  list(dynode.plugins.registry().metrics)
    """
    from dynode.plugins import registry

    shelf = registry().metrics
    if as_json:
        console.print_json([_described(one, shelf.owner_of(one.name)) for one in shelf])
        return
    for one in shelf:
        mark = " [blind to the order of frames]" if one.blind_to_order else ""
        console.tell(f"{one.name:<24}{_given(one):<18}{one.better:<8}{one.summary}{mark}")


def _given(metric: Metric) -> str:
    needs = metric.needs
    sides = "pairs" if needs.paired else "A and B" if needs.reference else "A"
    return f"{needs.items} {sides}"


def _described(metric: Metric, owner: str) -> dict[str, object]:
    needs = metric.needs
    return {
        "name": metric.name,
        "summary": metric.summary,
        "better": metric.better,
        "items": needs.items,
        "reference": needs.reference,
        "paired": needs.paired,
        "domains": list(metric.domains),
        "blind_to_order": metric.blind_to_order,
        "owner": owner,
    }


_COUNT = click.option(
    "--count",
    type=click.IntRange(min=1),
    help="Items a side; all there are if absent, and of generators as many as the other side has.",
)
_RESOLUTION = click.option(
    "--resolution",
    type=click.IntRange(16, 4096),
    help="Cut and resize items to so many pixels a side; as they are if absent.",
)
_DOMAIN = click.option(
    "--domain",
    default="",
    help="What files show, such as facets, for metrics that read it; what generators draw if absent.",
)
_CACHE = click.option(
    "--cache/--no-cache",
    default=True,
    show_default=True,
    help="Keep features, and use those that were kept.",
)


def _command_of(metric: Metric) -> click.Command:
    """Make the command of a metric, with its options as flags."""

    @click.argument("a", metavar="A")
    @_COUNT
    @_RESOLUTION
    @console.truncation_option(
        None, "Truncation ψ of generators; 1, the population itself, if not said."
    )
    @_DOMAIN
    @_CACHE
    @console.DEVICE
    @console.SEED
    @console.JSON
    def run(a: str, as_json: bool, b: str | None = None, **given: Any) -> None:
        found = _measured(metric.name, a, b, given)
        if as_json:
            console.print_json(found.document())
        else:
            _tell(found)

    own = getattr(run, "__click_params__", [])[::-1]
    second: list[click.Parameter] = []
    if metric.needs.reference:
        second = [click.Argument(["b"], metavar="B", required=True)]
    params = [own[0], *second, *click_options(metric.options), *own[1:]]
    return click.Command(metric.name, callback=run, params=params, help=_help_of(metric))


def _measured(name: str, a: str, b: str | None, given: dict[str, Any]) -> Figures:
    import dynode

    names = ("count", "resolution", "truncation", "domain", "cache", "device", "seed")
    shared = {key: given.pop(key) for key in names}
    with console.progress_bar(f"measuring {name}") as progress:
        return dynode.measure(
            name, a, b, progress=progress, **shared, **split_method_options(given)
        )


def _tell(found: Figures) -> None:
    better = f"  ({found.better} is better)" if found.better else ""
    for index, (name, value) in enumerate(found.values.items()):
        console.tell(f"{name}  {value:.6g}{better if index == 0 else ''}")
    for name, value in found.frozen.items():
        console.tell(f"{name} of frozen clips  {value:.6g}")
    console.tell(found.spec_line)


def _help_of(metric: Metric) -> str:
    sides = {
        ("pictures", False): "facets-128",
        ("pictures", True): "facets-128 photos",
        ("clips", False): "clip.mp4",
        ("clips", True): "edited.mp4 original.mp4",
    }[metric.needs.items, metric.needs.reference]
    told = "a generator, folder, zip file, clip or picture"
    both = f"A and B are each {told}" if metric.needs.reference else f"A is {told}"
    arguments = ", ".join(repr(side) for side in (metric.name, *sides.split()))
    summary = f"{metric.summary[0].upper()}{metric.summary[1:]}"
    return (
        f"{summary}.\n\n{both}.\n\n\b\nTry:     dynode metrics {metric.name} {sides}\n"
        f"Python:  dynode.measure({arguments})"
    )
