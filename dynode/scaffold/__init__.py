"""Write a new plugin: a complete package that installs, works and passes its own tests."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from dynode import plugins
from dynode.cli.root import COMMANDS
from dynode.errors import OptionError, OutputExistsError
from dynode.version import __version__

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class _Kind:
    """What differs between kinds of plugins besides the templates.

    Attributes:
        summary: What the generated thing does.
        example: A command to try it with.
    """

    summary: str
    example: str


_KINDS = {
    "direction": _Kind("lighten the picture", "dynode edit --plugin $name -o $name.png"),
    "inverter": _Kind(
        "codes of a picture by gradient descent",
        "dynode edit face.png --inverter $name --plugin sefa --component 0 -o edited.png",
    ),
    "generator": _Kind(
        "a tiny generator with random weights", "dynode generate --generator $name -o $name.png"
    ),
    "scorer": _Kind(
        "how light and how warm a picture is",
        "dynode find interfacegan --scorer $name --attribute light -o light.safetensors",
    ),
    "metric": _Kind("distance of the mean colours", "dynode metrics $name facets-128 photos"),
    "face-detector": _Kind(
        "a face that fills what stands out from the background",
        "dynode crop align photo.jpg --face-detector $name -o face.png",
    ),
}
KINDS = tuple(_KINDS)


def new_plugin(name: str, *, kind: str = "direction", folder: str | Path = ".") -> Path:
    """Write the package `dynode-NAME` into a folder.

    Args:
        name: Name users will type: lower-case letters, digits and hyphens. A leading `dynode-` is
            left out.
        kind: One of `KINDS`.
        folder: Where the folder of the package is made; the current one if not said.

    Returns:
        The folder of the package.

    Raises:
        OptionError: The name cannot be used or is one that exists, or there is no such kind.
        OutputExistsError: There is something of that name already.
    """
    short = name.removeprefix("dynode-")
    if not _NAME.fullmatch(short):
        raise OptionError(
            f"a plugin cannot be named {name!r}; expected lower-case letters, digits and single hyphens, "
            f"such as brighten"
        )
    if kind not in _KINDS:
        raise OptionError(f"--kind is {kind!r}; expected one of {', '.join(KINDS)}")
    _check_free(short)
    target = Path(folder) / f"dynode-{short}"
    if target.exists():
        raise OutputExistsError(f"{target} exists already; choose another name, or move it away")
    values = _values(short, _KINDS[kind])
    written = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "LICENSE": "LICENSE",
        f"{values['module']}.py": f"{kind}.py",
        f"tests/test_{short.replace('-', '_')}.py": f"test_{kind}.py",
    }
    (target / "tests").mkdir(parents=True)
    for path, template in written.items():
        (target / path).write_text(_filled(template, values), encoding="utf-8")
    return target


def _check_free(name: str) -> None:
    """Refuse the name of an installed plugin, of anything it registers, of a command or a module.

    Raises:
        OptionError: There is one.
    """
    found = plugins.registry()
    things = {
        **{report.name: f"the plugin of {report.distribution}" for report in found.reports},
        **{str(thing.name): f"a {s.kind}" for s in found.shelves.values() for thing in s},
        **dict.fromkeys(COMMANDS, "a command of dynode"),
    }
    module = "dynode_" + name.replace("-", "_")
    if name not in things and importlib.util.find_spec(module) is not None:
        things[name] = f"the module {module}"
    if name in things:
        raise OptionError(f"{name!r} exists already: {things[name]}; choose another name")


def _values(name: str, kind: _Kind) -> dict[str, str]:
    values = {
        "name": name,
        "module": "dynode_" + name.replace("-", "_"),
        "cls": "".join(part.capitalize() for part in name.split("-")),
        "title": name.replace("-", " ").capitalize(),
        "summary": kind.summary,
        "version": __version__,
    }
    return values | {"try": Template(kind.example).substitute(values)}


def _filled(template: str, values: dict[str, str]) -> str:
    source = resources.files(__package__) / "templates" / f"{template}.template"
    return Template(source.read_text(encoding="utf-8")).substitute(values)
