"""Every hook, command, option, promise and public name is on some page."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import tomllib
from types import ModuleType

import click
import pytest

import dynode
from dynode.cli.root import _root as root
from dynode.options import specs_of
from dynode.plugins import Registry, hookspecs
from dynode.testing import checks_for

from .conftest import ROOT, SmallEncoder

DOCS = ROOT / "docs"
HOOKS = [name for name in vars(hookspecs) if name.startswith("register_")]


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    """The settings of the documentation, whose functions write the references."""
    spec = importlib.util.spec_from_file_location("docs_conf", DOCS / "conf.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    pytest.importorskip("sphinx")
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_in_the_reference_with_a_how_to_that_uses_it(
    hook: str, conf: ModuleType
) -> None:
    reference = "\n".join(conf.hook_reference())
    how_to = (DOCS / conf.HOW_TO[hook]).read_text(encoding="utf-8")

    assert f"## {hook}\n" in reference
    assert inspect.getdoc(getattr(hookspecs, hook)) in reference
    assert f"def {hook}(register):" in how_to


def test_the_reference_of_commands_holds_every_command_and_option(conf: ModuleType) -> None:
    reference = "\n".join(conf.command_reference(root, []))

    missing = [
        f"{' '.join(path)} {flag}"
        for path, command in walk(root, [])
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for flag in parameter.opts
        if flag not in reference
    ]

    assert missing == []
    assert [
        path for path, _ in walk(root, []) if path and f"dynode {' '.join(path)}" not in reference
    ] == []


def walk(command: click.Command, path: list[str]) -> list[tuple[list[str], click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            found += walk(child, [*path, name])
    return found


def test_the_options_of_every_method_are_in_the_reference(
    conf: ModuleType, small_world: Registry
) -> None:
    reference = "\n".join(conf.method_reference())

    missing = [
        f"{method.name} {spec.flag}"
        for method in small_world.directions
        for spec in specs_of(method.options)
        if spec.flag not in reference and f"--no-{spec.flag[2:]}" not in reference
    ]

    assert missing == []


def test_the_options_of_every_inverter_are_in_the_reference(
    conf: ModuleType, small_world: Registry
) -> None:
    reference = "\n".join(conf.inverter_reference())

    missing = [
        f"{method.name} {spec.flag}"
        for method in small_world.inverters
        for spec in specs_of(method.options)
        if spec.flag not in reference and f"--no-{spec.flag[2:]}" not in reference
    ]

    assert list(small_world.inverters)
    assert missing == []


def test_the_options_of_every_format_are_in_the_reference(
    conf: ModuleType, small_world: Registry
) -> None:
    reference = "\n".join(conf.format_reference())

    missing = [
        f"{each.name} {spec.flag}"
        for each in small_world.formats
        for spec in specs_of(each.options)
        if spec.flag not in reference
    ]

    assert list(small_world.formats)
    assert missing == []


def test_every_check_is_listed_with_its_remedy(conf: ModuleType) -> None:
    reference = "\n".join(conf.check_reference())

    checks = checks_for(SmallEncoder())

    assert [check.id for check in checks if f"| `{check.id}` |" not in reference] == []
    assert [check.id for check in checks if check.remedy not in reference] == []


def test_every_public_name_of_testing_is_told() -> None:
    import dynode.testing

    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))

    silent = {"Check", "CommandResult", "Outcome", "PluginCheck", "run_command", "stand_ins"}
    told = set(dynode.testing.__all__) - silent - {"write_tiny_generator"}
    assert [name for name in told if name not in pages] == []


def test_the_python_page_shows_every_public_function() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")

    functions = [
        name
        for name in dynode.__all__
        if inspect.isfunction(getattr(dynode, name)) and name not in ("option", "hookimpl")
    ]

    assert [name for name in functions if name not in page] == []


def test_the_tutorial_builds_the_example_package() -> None:
    tutorial = (DOCS / "tutorial-plugin.md").read_text(encoding="utf-8")
    project = tomllib.loads(
        (ROOT / "examples/third_party_plugin/pyproject.toml").read_text(encoding="utf-8")
    )

    assert "examples/third_party_plugin/dynode_brighten.py" in tutorial
    assert "examples/third_party_plugin/pyproject.toml" in tutorial
    assert project["project"]["entry-points"]["dynode"] == {"brighten": "dynode_brighten"}


def test_the_method_of_the_tutorial_is_ten_lines() -> None:
    source = (ROOT / "examples/third_party_plugin/dynode_brighten.py").read_text(encoding="utf-8")
    method = source.split("import dynode\n", 1)[1].split("@dynode.hookimpl", 1)[0]

    assert len([line for line in method.splitlines() if line.strip()]) <= 10
    assert sys.getsizeof(source) < 2000
