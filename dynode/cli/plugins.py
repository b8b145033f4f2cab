"""`dynode plugins`: what is installed, what it brings and what failed; check one, write a new one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynode.cli import completing, console
from dynode.errors import PluginError
from dynode.scaffold import KINDS

if TYPE_CHECKING:
    from dynode.checking import Result, Verdict

_MARKS = {"passed": "ok", "failed": "FAILED", "expected": "expected", "skipped": "skipped"}


@click.group(invoke_without_command=True)
@console.JSON
@click.pass_context
def plugins(ctx: click.Context, as_json: bool) -> None:
    r"""List the installed plugins, check one, or write a new one.

    Without a subcommand, lists them.

    \b
    Try:     dynode plugins
    Python:  dynode.plugins.registry().reports
    """
    if ctx.invoked_subcommand is None:
        _list(as_json)
    elif as_json:
        raise click.UsageError(
            f"--json belongs behind the command: plugins {ctx.invoked_subcommand} --json"
        )


@plugins.command("list")
@console.JSON
def list_plugins(as_json: bool) -> None:
    r"""List the installed plugins, what each brings, and those that failed with the reason.

    \b
    Try:     dynode plugins list
    Python:  dynode.plugins.registry().reports
    """
    _list(as_json)


def _list(as_json: bool) -> None:
    from dynode.plugins import registry

    found = registry()
    if as_json:
        console.print_json(
            {
                "plugins": [dataclasses.asdict(report) for report in found.reports],
                "direction_methods": {m.name: m.summary for m in found.directions},
                "direction_kinds": {k.name: k.summary for k in found.direction_kinds},
                "formats": {f.name: f.summary for f in found.formats},
                "inverters": {i.name: i.summary for i in found.inverters},
                "generators": {g.name: g.summary for g in found.generators},
                "scorers": {s.name: s.summary for s in found.scorers},
                "text_encoders": {t.name: t.summary for t in found.text_encoders},
                "metrics": {m.name: m.summary for m in found.metrics},
                "distances": {d.name: d.summary for d in found.distances},
                "trainings": {t.training: t.training_summary for t in found.trainables},
                "commands": {c.name: c.get_short_help_str() for c in found.commands},
                "face_detectors": {d.name: d.summary for d in found.face_detectors},
            }
        )
        return
    if not found.reports:
        console.tell("no plugin is loaded (DYNODE_LOAD_PLUGINS may be empty)")
    for report in found.reports:
        console.tell(f"{report.name}  ({report.distribution})")
        if report.error:
            console.tell(f"    FAILED  {report.error}")
        for kind, names in report.provides.items():
            console.tell(f"    {kind}: {', '.join(names)}")


@plugins.command()
@click.argument("packages", nargs=-1, required=True, metavar="PACKAGE...")
@console.JSON
def install(packages: tuple[str, ...], as_json: bool) -> None:
    r"""Install plugins with pip or uv, for the Python that runs dynode.

    PACKAGE is a name of the package index, a folder, a wheel or an address. A plugin is a program that
    can do whatever you can: install what you trust.

    \b
    Try:     dynode plugins install ./dynode-brighten
    Python:  dynode.plugins.install_command("install", ["./dynode-brighten"])
    """
    _change("install", packages, as_json)


@plugins.command()
@click.argument("packages", nargs=-1, required=True, metavar="PACKAGE...")
@console.JSON
def uninstall(packages: tuple[str, ...], as_json: bool) -> None:
    r"""Uninstall plugins with pip or uv, for the Python that runs dynode.

    PACKAGE is the name of the distribution, which `dynode plugins` shows in parentheses.

    \b
    Try:     dynode plugins uninstall dynode-brighten
    Python:  dynode.plugins.install_command("uninstall", ["dynode-brighten"])
    """
    _change("uninstall", packages, as_json)


def _change(action: str, packages: tuple[str, ...], as_json: bool) -> None:
    import shlex

    from dynode.plugins import install_command
    from dynode.plugins.installing import change

    console.say(shlex.join(install_command(action, packages)))
    changed = change(action, packages)
    if as_json:
        console.print_json({"changed": changed})
        return
    for name, provides in sorted(changed.items()):
        console.tell(f"{name}  {provides}")
    if not changed:
        console.say("no plugin came or went; 'dynode plugins' lists those that are there")


@plugins.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="KIND",
    default="direction",
    show_default=True,
    help=f"What it registers: {', '.join(KINDS[:-1])} or {KINDS[-1]}.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to write the package's folder into [default: this one].",
)
@console.JSON
def new(name: str, kind: str, output: Path, as_json: bool) -> None:
    r"""Write a new plugin: a package that installs, works and passes its own tests.

    NAME is what users will type; the package becomes dynode-NAME.

    \b
    Try:     dynode plugins new darken && pip install ./dynode-darken
    Python:  dynode.scaffold.new_plugin("darken")
    """
    from dynode.scaffold import new_plugin

    folder = new_plugin(name, kind=kind, folder=output)
    if as_json:
        console.print_json({"output": str(folder)})
        return
    console.tell(str(folder))
    console.say(
        f"try it: pip install ./dynode-{name.removeprefix('dynode-')}; its README says more"
    )


@plugins.command()
@click.argument("package", shell_complete=completing.plugins)
@click.option(
    "--limit",
    "limit_s",
    type=console.FiniteRange(min=1.0),
    default=120.0,
    show_default=True,
    help="Seconds that one check may take.",
)
@console.JSON
def check(package: str, limit_s: float, as_json: bool) -> None:
    r"""Check a plugin: every promise of everything it registers, in a process of its own.

    PACKAGE is a plugin of `dynode plugins`, a distribution, a module, or a folder of sources.

    \b
    Try:     dynode plugins check interfacegan
    Python:  [check() for check in dynode.testing.checks_for(Brighten())]
    """
    from dynode.checking import check_plugin
    from dynode.checking.finding import find_plugins

    verdicts = []
    for candidate in find_plugins(package):
        if not as_json:
            console.tell(f"{candidate.name}  ({candidate.distribution})")
        verdicts.append(
            check_plugin(candidate, limit_s=limit_s, report=_ignored if as_json else _show)
        )
    if as_json:
        console.print_json([dataclasses.asdict(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            console.tell(_summary(verdict))
    broken = [verdict.told(r) for verdict in verdicts for r in verdict.of_status("failed")]
    if broken:
        more = f" (and {len(broken) - 1} more, see above)" if len(broken) > 1 else ""
        raise PluginError(broken[0] + more)


def _ignored(result: Result) -> None:
    """Leave it for the document at the end."""


def _show(result: Result) -> None:
    console.tell(f"    {_MARKS[result.status]:<9}{result.name}: {result.check}")
    if result.status == "failed":
        console.tell(f"             {result.hook}: {result.message}")
        console.tell(f"             remedy: {result.remedy}")
    elif result.message:
        console.tell(f"             {result.message}")


def _summary(verdict: Verdict) -> str:
    counts = [
        f"{len(verdict.of_status(status))} {status}"
        for status in _MARKS
        if verdict.of_status(status)
    ]
    return f"{verdict.plugin}: {', '.join(counts)}"
