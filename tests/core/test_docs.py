"""The documentation mentions everything a user can meet, and its commands and examples exist."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import tomllib
import types
from pathlib import Path

import pytest

import dynode
from dynode import errors, plugins
from dynode.plugins import hookspecs, methods

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXIT_CODES = {0, 1, 2, 3, 130, 143}  # promised to scripts

ERRORS = [
    thing
    for _, thing in inspect.getmembers(errors, inspect.isclass)
    if issubclass(thing, errors.DynodeError)
]
HOOKS = [name for name in vars(hookspecs) if name.startswith("register_")]


def mentioned_variables() -> set[str]:
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return {
        node.value
        for package in packages
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"DYNODE_[A-Z_]+", node.value)
    }


def sh_block(heading: str) -> str:
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return section.split("```sh\n", 1)[1].split("```", 1)[0]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_documented_with_its_exit_code(error: type[errors.DynodeError]) -> None:
    rows = (DOCS / "errors.md").read_text().splitlines()

    matching = [row for row in rows if f"`{error.__name__}` | {error.exit_code} |" in row]

    assert len(matching) == 1


def test_every_exit_code_is_documented_and_no_error_has_another() -> None:
    page = (DOCS / "errors.md").read_text()
    section = page.split("## Exit codes", 1)[1].split("## ", 1)[0]

    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section, flags=re.MULTILINE)}

    assert documented == EXIT_CODES
    assert {error.exit_code for error in ERRORS} <= documented


def test_the_page_of_environment_variables_lists_exactly_those_that_are_read() -> None:
    page = (DOCS / "environment.md").read_text()

    assert set(re.findall(r"DYNODE_[A-Z_]+", page)) == mentioned_variables()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    assert f"`{hook}`" in (DOCS / "plugins.md").read_text()


@pytest.mark.parametrize(
    "dependency",
    [re.split(r"[>\[]", line)[0] for line in PROJECT["project"]["dependencies"]],
)
def test_every_dependency_is_justified(dependency: str) -> None:
    assert f"| {dependency} |" in (DOCS / "dependencies.md").read_text()


@pytest.mark.parametrize("name", dynode.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(dynode, name))


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_every_local_link_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_script_of_the_release_finds_the_blocks_it_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    headings = re.findall(r'readme "([^"$]+)"', script)

    blocks = [sh_block(heading) for heading in headings]

    assert headings == ["Edit a picture", "Install", "Tests"]
    assert all(blocks)


def test_the_readme_gives_the_main_command_and_the_tests_as_lines_to_paste() -> None:
    assert sh_block("Edit a picture") == (
        'dynode edit --plugin styleclip --text "smiling" --seed 3 -o smiling.png\n'
    )
    assert sh_block("Tests").splitlines()[-1] == "python -m pytest -n auto"


def test_the_script_of_the_release_is_valid_shell() -> None:
    checked = subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], capture_output=True, text=True)

    assert checked.returncode == 0, checked.stderr


def test_the_plugin_in_the_readme_lightens_the_picture() -> None:
    from dynode.testing import tiny_generator

    section = README.split("## Write a plugin\n", 1)[1]
    module = types.ModuleType("dynode_brighten")
    exec(section.split("```python\n", 1)[1].split("```", 1)[0], vars(module))  # our own README
    registry = plugins.Registry()
    generator = tiny_generator()

    registry.register(module, "dynode_brighten")
    method = registry.directions["brighten"]
    direction = method.find(generator, method.options(), seed=0, progress=methods.silent)
    assert isinstance(direction, dynode.Direction)

    latents = generator.sample(8, seed=1)
    before = generator.synthesize(latents).mean(dim=(1, 2, 3))
    after = generator.synthesize(direction.apply(latents, 1.0)).mean(dim=(1, 2, 3))
    assert after.mean() > before.mean()


def test_the_changelog_tells_each_thing_once_and_in_order() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    sections = "\n".join(lines).split("\n## ")[1:]

    titles = [re.findall(r"^### (\w+)$", section, flags=re.MULTILINE) for section in sections]

    told = [line for line in lines if line.startswith("- ")]
    assert [line for line in set(told) if told.count(line) > 1] == []
    assert [found for found in titles if found != [t for t in order if t in found]] == []
    assert f"[{dynode.__version__}] - " in sections[0].splitlines()[0]


def test_the_plan_of_the_tree_names_every_folder_of_the_core() -> None:
    page = (DOCS / "architecture.md").read_text()
    plan = page.split("    dynode/ ", 1)[1].split("    directions/ ", 1)[0]

    folders = {path.parent.name for path in (ROOT / "dynode").glob("*/__init__.py")}

    assert folders == set(re.findall(r"^ {8}(\w+)/ ", plan, flags=re.MULTILINE))


def test_what_is_found_in_two_steps_is_there() -> None:
    page = (DOCS / "architecture.md").read_text()
    rows = re.findall(r"^\| .* \| `([\w/]+/)` → .*?`(\w+\.py)`.* \|$", page, flags=re.MULTILINE)

    assert len(rows) >= 4
    assert [row for row in rows if not (ROOT / "".join(row)).is_file()] == []
