"""Sphinx settings, and the command reference taken from the commands themselves."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
import sys
import textwrap
from pathlib import Path

import click
from sphinx.application import Sphinx

import dynode
from dynode import cli, plugins
from dynode.cli.root import _root as root
from dynode.options import specs_of
from dynode.plugins import hookspecs, methods
from dynode.testing import (
    device_checks,
    direction_checks,
    distance_checks,
    edit_checks,
    face_checks,
    format_checks,
    inverter_checks,
    kind_checks,
    metric_checks,
    model_checks,
    provider_checks,
    training_checks,
)
from dynode.testing.plugin_check import bind

sys.path.insert(0, str(Path(__file__).parent))
import benches  # noqa: E402  # stand beside this file, which Sphinx runs from elsewhere
import directory  # noqa: E402
import robustness  # noqa: E402

project = "dynode"
author = "the dynode authors"
copyright = f"2026, {author}"  # the name Sphinx gives it
release = version = dynode.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["code.css"]
html_title = f"dynode {release}"

default_role = "code"  # docstrings write `name`, as Markdown does
autodoc_typehints = "description"
autodoc_member_order = "groupwise"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Source"]
myst_heading_anchors = 3

HOW_TO = {
    "register_directions": "howto/directions.md",
    "register_direction_kinds": "howto/direction-kinds.md",
    "register_formats": "howto/formats.md",
    "register_inverters": "howto/inverters.md",
    "register_generators": "howto/generators.md",
    "register_text_encoders": "howto/text-encoders.md",
    "register_scorers": "howto/scorers.md",
    "register_metrics": "howto/metrics.md",
    "register_distances": "howto/distances.md",
    "register_face_detectors": "howto/face-detectors.md",
    "register_trainables": "howto/trainings.md",
    "register_commands": "howto/commands.md",
}

# autodoc lists what the module holds; the lazy names are there after their first use.
for name in dynode.__all__:
    getattr(dynode, name)


def help_page(arguments: list[str]) -> str:
    """Run a command with `--help` and show it as a terminal does."""
    line = [*arguments, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exit_code = cli.run(line)
    if exit_code != 0:
        raise RuntimeError(f"dynode {' '.join(line)} ended with exit code {exit_code}")
    return f"```text\n$ dynode {' '.join(line)}\n{printed.getvalue()}```\n"


def command_reference(command: click.Command, path: list[str]) -> list[str]:
    """Describe a command and everything under it, one section each."""
    sections = [f"## dynode {' '.join(path)}\n\n{help_page(path)}"] if path else [help_page([])]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                sections += command_reference(child, [*path, name])
    return sections


def method_reference() -> list[str]:
    """Describe the options that each direction method adds to `dynode edit`."""
    return [
        f"### --plugin {method.name}\n\n{help_page(['edit', '--plugin', method.name])}"
        for method in plugins.registry().directions
    ]


def inverter_reference() -> list[str]:
    """Describe the options that each inverter adds to `dynode invert`."""
    return [
        f"### --inverter {method.name}\n\n{help_page(['invert', '--inverter', method.name])}"
        for method in plugins.registry().inverters
    ]


def format_reference() -> list[str]:
    """Describe the options that each format adds to `dynode directions import`."""
    line = ["directions", "import", "--format"]
    return [
        f"### --format {each.name}\n\n{help_page([*line, each.name])}"
        for each in plugins.registry().formats
        if specs_of(each.options)
    ]


def hook_reference() -> list[str]:
    """Describe every hook by its specification and by the classes of what it takes."""
    pages = {hook: f"[How to]({page})" for hook, page in HOW_TO.items()}
    sections = []
    for hook in plugins.Registry().shelves:
        spec = getattr(hookspecs, hook)
        wanted = re.findall(
            r"(?:methods|formats|metric|face_detector|picture_distance)\.(\w+)|(click\.Command)",
            str(spec.__annotations__["register"]),
        )
        names = [f"dynode.{method}" if method else other for method, other in wanted]
        told = " or ".join(f"`{name}`" for name in names)
        sections.append(
            f"## {hook}\n\n{inspect.getdoc(spec)} {pages[hook]}.\n\n"
            f"Hand to `register` an instance of {told}.\n"
        )
        sections += [class_reference(getattr(dynode.plugins, m)) for m, _ in wanted if m]
        if hook == "register_metrics":
            sections.append(class_reference(dynode.plugins.Measurement))
    return sections


def class_reference(kind: type) -> str:
    """Show what a class asks its subclasses to say and to write."""
    written = [
        f"def {name}{inspect.signature(getattr(kind, name))}"
        for name in sorted(kind.__abstractmethods__)
    ]
    base = inspect.getdoc(methods.Plugin) if kind.__mro__[1] is methods.Plugin else ""
    attributes = [part.partition("Attributes:")[2] for part in (base, inspect.getdoc(kind)) if part]
    rows = textwrap.dedent("\n".join(attributes)).strip("\n")
    return f"```text\nclass {kind.__name__}\n\n{rows}\n\n" + "\n\n".join(written) + "\n```\n"


def check_reference() -> list[str]:
    """List the promises of each kind of thing, with the remedies."""
    kinds = {
        "direction method": (
            direction_checks.CHECKS,
            edit_checks.CHECKS,
            (device_checks.stays_on_the_generators_device,),
        ),
        "kind of direction": (kind_checks.KIND_CHECKS,),
        "published format": (format_checks.FORMAT_CHECKS,),
        "inverter": (inverter_checks.CHECKS, (device_checks.inverts_on_the_generators_device,)),
        "scorer": (model_checks.SCORER_CHECKS, (device_checks.scores_on_the_device_asked_for,)),
        "text encoder": (model_checks.TEXT_CHECKS, (device_checks.embeds_on_the_device_asked_for,)),
        "metric": (metric_checks.CHECKS, (device_checks.measures_on_the_device_asked_for,)),
        "distance": (
            distance_checks.DISTANCE_CHECKS,
            (device_checks.compares_on_the_device_asked_for,),
        ),
        "face detector": (face_checks.FACE_CHECKS,),
        "named generator": (
            provider_checks.PROVIDER_CHECKS,
            (device_checks.draws_on_the_device_asked_for,),
        ),
        "family of generator files": (provider_checks.FAMILY_CHECKS,),
        "command": (provider_checks.COMMAND_CHECKS,),
        "method that can be trained, besides": (
            training_checks.TRAINING_CHECKS,
            (device_checks.trains_on_the_generators_device,),
        ),
    }
    sections = []
    for kind, groups in kinds.items():
        checks = bind([c for g in groups for c in g], None, hook="", name="", expected_failures={})
        rows = [f"| `{check.id}` | {check.promise} | {check.remedy} |" for check in checks]
        sections.append(
            "\n".join(
                [f"### A {kind}\n", "| check | promise | remedy |", "|---|---|---|", *rows, ""]
            )
        )
    return sections


# What plugins may import besides `dynode` itself; tests/core/test_imports.py holds them to it.
SDK = (
    "crop",
    "direction",
    "distance",
    "dynamics",
    "generator",
    "importing",
    "latents",
    "measuring",
    "media",
    "models",
    "pipeline",
    "plugins",
    "scoring",
    "stylegan2",
    "stylegan2.checkpoints",
    "training",
    "weights",
    "cli",
)
SDK_MODULES = ("devices", "errors", "files", "options", "quoting", "text")
LIBRARIES = ("dynode_adversarial", "dynode_data", "dynode_encoders", "dynode_encoders.training")


def sdk_reference() -> list[str]:
    """List what each package for plugins offers, with the first line of its docstring."""
    sections = []
    for name in (*(f"dynode.{part}" for part in (*SDK, *SDK_MODULES)), *LIBRARIES):
        module = importlib.import_module(name)
        about = (inspect.getdoc(module) or "").partition("\n")[0]
        listed = getattr(module, "__all__", None) or [
            part
            for part, value in vars(module).items()
            if not part.startswith("_") and getattr(value, "__module__", "") == module.__name__
        ]
        rows = [f"| `{part}` | {summary_of(getattr(module, part))} |" for part in sorted(listed)]
        table = ["| name | |", "|---|---|", *rows]
        sections.append("\n".join([f"### {name}\n", f"{about}\n", *table, ""]))
    return sections


def summary_of(thing: object) -> str:
    """Return the first line of a docstring; values have none."""
    told = inspect.getdoc(thing) if inspect.isclass(thing) or callable(thing) else None
    return (told or type(thing).__name__).partition("\n")[0].replace("|", "\\|")


def insert_commands(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the references where `cli.md` and `hooks.md` ask for them, and figures where pages do."""
    source[0] = benches.filled(source[0])
    if page == "cli":
        source[0] = source[0].replace("%commands%", "\n".join(command_reference(root, [])))
        source[0] = source[0].replace("%methods%", "\n".join(method_reference()))
        source[0] = source[0].replace("%formats%", "\n".join(format_reference()))
        source[0] = source[0].replace("%inverters%", "\n".join(inverter_reference()))
    if page == "robustness":
        source[0] = source[0].replace("%robustness%", robustness.table(robustness.rows()))
    if page == "directory":
        shipped = {
            r.name: r.provides for r in plugins.registry().reports if "dynode-gan" in r.distribution
        }
        source[0] = source[0].replace("%published%", directory.published(directory.read()))
        source[0] = source[0].replace("%bundled%", directory.bundled(shipped))
    if page == "testing":
        source[0] = source[0].replace("%checks%", "\n".join(check_reference()))
    if page == "api":
        source[0] = source[0].replace("%sdk%", "\n".join(sdk_reference()))
    if page == "hooks":
        source[0] = source[0].replace("%hooks%", "\n".join(hook_reference()))


def setup(app: Sphinx) -> None:
    """Register the hook above."""
    app.connect("source-read", insert_commands)
