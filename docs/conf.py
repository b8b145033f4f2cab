"""Sphinx settings, and the command reference taken from the commands themselves."""

from __future__ import annotations

import contextlib
import io

import click
from sphinx.application import Sphinx

import dynode
from dynode import cli, plugins
from dynode.cli.root import _root as root

project = "dynode"
author = "the dynode authors"
copyright = f"2026, {author}"  # the name Sphinx gives it
release = version = dynode.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"dynode {release}"

default_role = "code"  # docstrings write `name`, as Markdown does
autodoc_typehints = "description"
autodoc_member_order = "groupwise"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Source"]
myst_heading_anchors = 3

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


def insert_commands(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the command reference where `cli.md` asks for it."""
    if page == "cli":
        source[0] = source[0].replace("%commands%", "\n".join(command_reference(root, [])))
        source[0] = source[0].replace("%methods%", "\n".join(method_reference()))


def setup(app: Sphinx) -> None:
    """Register the hook above."""
    app.connect("source-read", insert_commands)
