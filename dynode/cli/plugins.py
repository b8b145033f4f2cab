"""`dynode plugins`: what is installed, what it brings and what failed."""

from __future__ import annotations

import dataclasses

import click

from dynode.cli import console


@click.command()
@console.JSON
def plugins(as_json: bool) -> None:
    r"""List the installed plugins, what each brings, and those that failed with the reason.

    \b
    Try:     dynode plugins
    Python:  dynode.plugins.registry().reports
    """
    from dynode.plugins import registry

    found = registry()
    if as_json:
        console.print_json(
            {
                "plugins": [dataclasses.asdict(report) for report in found.reports],
                "direction_methods": {m.name: m.summary for m in found.directions},
                "inverters": {i.name: i.summary for i in found.inverters},
                "generators": {g.name: g.summary for g in found.generators},
            }
        )
        return
    if not found.reports:
        click.echo("no plugin is loaded (DYNODE_LOAD_PLUGINS may be empty)")
    for report in found.reports:
        click.echo(f"{report.name}  ({report.distribution})")
        if report.error:
            click.echo(f"    FAILED  {report.error}")
        for kind, names in report.provides.items():
            click.echo(f"    {kind}: {', '.join(names)}")
