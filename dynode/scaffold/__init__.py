"""Write a new plugin: a complete package that installs, works and passes its own tests."""

from __future__ import annotations

import importlib.util
import re
from importlib import resources
from pathlib import Path
from string import Template

from dynode import plugins
from dynode.cli.root import COMMANDS
from dynode.errors import OptionError, OutputExistsError
from dynode.scaffold import kinds
from dynode.version import __version__

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


KINDS = tuple(kinds.KINDS)
_SHARED = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "LICENSE": "LICENSE",
    ".gitignore": "gitignore",
    ".github/workflows/test.yml": "test.yml",
}


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
    if kind not in kinds.KINDS:
        raise OptionError(f"--kind is {kind!r}; expected one of {', '.join(KINDS)}")
    _check_free(short)
    target = Path(folder) / f"dynode-{short}"
    if target.exists():
        raise OutputExistsError(f"{target} exists already; choose another name, or move it away")
    values = _values(short, kinds.KINDS[kind])
    written = _SHARED | _modules(short, kind, values["module"])
    for path, template in written.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(_filled(template, values), encoding="utf-8")
    return target


def _modules(name: str, kind: str, module: str) -> dict[str, str]:
    """Say which file is made of which template, besides those that all packages share."""
    more = kinds.KINDS[kind].modules
    return {f"{module}_{end}.py": source for end, source in more.items()} | {
        f"{module}.py": f"{kind}.py",
        f"tests/test_{name.replace('-', '_')}.py": f"test_{kind}.py",
    }


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


def _values(name: str, kind: kinds.Kind) -> dict[str, str]:
    module = "dynode_" + name.replace("-", "_")
    modules = [module, *(f"{module}_{end}" for end in kind.modules)]
    values = {
        "name": name,
        "module": module,
        "function": name.replace("-", "_"),
        "cls": "".join(part.capitalize() for part in name.split("-")),
        "title": name.replace("-", " ").capitalize(),
        "summary": kind.summary,
        "version": __version__,
        "files": ", ".join(f'"{each}.py"' for each in modules),
    }
    return values | {"try": Template("\n".join(kind.example)).substitute(values)}


def _filled(template: str, values: dict[str, str]) -> str:
    source = resources.files(__package__) / "templates" / f"{template}.template"
    return Template(source.read_text(encoding="utf-8")).substitute(values)
