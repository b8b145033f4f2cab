"""The rules of the house that no single module can keep by itself (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [
    ROOT / package for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
]
PLUGIN_PACKAGES = [folder for folder in PACKAGES if folder.name != "dynode"]
CORE = sorted((ROOT / "dynode").rglob("*.py"))
SOURCES = sorted(file for folder in PACKAGES for file in folder.rglob("*.py"))
# Extras that the packages import where they are installed.
OPTIONAL = {
    "dlib",
    "mediapipe",
    "nicegui",
    "pillow_heif",
    "piq",
    "prdc",
    "pyarrow",
    "ray",
    "starlette",
    "torch_fidelity",
}
LONGEST_FILE = 300  # lines; two ideas in one room beyond that


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def imports(file: Path) -> Iterator[str]:
    """Dotted names a module imports."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(file)}:{node.lineno} imports relatively"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strings(file: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_core_imports_no_plugin() -> None:
    found = [(relative(f), name) for f in CORE for name in imports(f) if name.startswith("dynode_")]

    assert found == []


def test_the_core_names_no_plugin_package() -> None:
    packages = {folder.name for folder in PLUGIN_PACKAGES}

    found = [
        (relative(f), text)
        for f in CORE
        if f.name != "renamed.py"  # what old names became
        for text in strings(f)
        if text.split(".")[0] in packages
    ]

    assert found == []


# Where a method's name is more than an example: what may be left, and why.
NAMED_METHODS = {
    "dynode/cli/animate.py": "--micromotion is a flag",
    "dynode/pipeline/animate.py": "--micromotion is a flag",
    "dynode/scaffold/kinds.py": "commands to try a new plugin with",
}
METHODS = re.compile(
    r"navigan|ganspace|sefa|styleclip|interfacegan|micromotion|restyle|e4e|\bpsp\b|\bpti\b|mocogan",
    re.IGNORECASE,
)


def test_the_core_names_no_method() -> None:
    naming = {relative(file) for file in CORE if METHODS.search(code_without_prose(file))}

    assert naming == set(NAMED_METHODS)


def code_without_prose(file: Path) -> str:
    """A module without comments and docstrings, which may cite papers and show examples."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant("")
    return ast.unparse(tree)


# The bundled small CLIP is the same class of model as a real one, so that both are one code path;
# it is imported when the text encoder is loaded, not when the plugin is. What the small worlds share
# (painting, populations, recipes), and what trainings of encoders and of generators, and data sets
# share, are packages that others are built with.
NEEDED_PLUGINS = {
    "dynode_facets": {"dynode_clip", "dynode_worlds"},
    "dynode_skies": {"dynode_clip", "dynode_worlds"},
    "dynode_worlds": {"dynode_clip"},
}
LIBRARIES = {"dynode_adversarial", "dynode_data", "dynode_encoders"}


def test_a_plugin_imports_no_other_plugin() -> None:
    foreign = {
        (folder.name, name.split(".")[0])
        for folder in PLUGIN_PACKAGES
        for file in folder.rglob("*.py")
        for name in imports(file)
        if name.startswith("dynode_") and name.split(".")[0] not in {folder.name, *LIBRARIES}
    }

    assert foreign == {(user, one) for user, needed in NEEDED_PLUGINS.items() for one in needed}


def test_every_module_has_a_docstring() -> None:
    assert [relative(f) for f in SOURCES if not ast.get_docstring(tree_of(f))] == []


def test_no_module_outgrows_its_idea() -> None:
    lengths = {relative(f): len(f.read_text().splitlines()) for f in SOURCES}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
    assert [f for f in SOURCES if f.stem in {"utils", "util", "helpers", "common", "misc"}] == []


def test_every_plugin_package_in_the_tree_is_shipped() -> None:
    in_tree = {
        relative(file.parent)
        for place in ("directions", "inverters", "plugins")
        for file in ROOT.glob(f"{place}/*/__init__.py")
    }

    assert in_tree == {relative(folder) for folder in PLUGIN_PACKAGES}


def test_every_test_that_is_listed_as_slow_is_there() -> None:
    listed = (ROOT / "tests" / "slow.txt").read_text(encoding="utf-8").splitlines()

    missing = [line for line in listed if not is_defined(*line.split("[")[0].split("::"))]

    assert listed == sorted(set(listed))
    assert missing == []


def is_defined(file: str, function: str) -> bool:
    path = ROOT / file
    return path.exists() and f"def {function}(" in path.read_text(encoding="utf-8")


def test_every_shipped_package_is_type_checked() -> None:
    assert set(PROJECT["tool"]["mypy"]["packages"]) == {folder.name for folder in PACKAGES}


@pytest.mark.parametrize("value", PROJECT["project"]["entry-points"]["dynode"].values())
def test_an_entry_point_names_a_module_in_the_tree(value: str) -> None:
    package, *rest = value.split(".")

    (folder,) = (folder for folder in PLUGIN_PACKAGES if folder.name == package)

    assert folder.joinpath(*rest).with_suffix(".py").is_file()


def third_party_imports() -> set[str]:
    """What the packages import; in `dynode.testing`, pytest is there because it runs the tests."""
    known = {folder.name for folder in PACKAGES} | set(sys.stdlib_module_names)
    return {
        package
        for file in SOURCES
        for package in {name.split(".")[0] for name in imports(file)} - known
        if not (package == "pytest" and relative(file).startswith("dynode/testing/"))
    }


def declared_modules() -> dict[str, set[str]]:
    """Top-level modules of each declared dependency."""
    modules: dict[str, set[str]] = {
        _canonical(line): set() for line in PROJECT["project"]["dependencies"]
    }
    for extra in OPTIONAL:  # imported under its own name, and usually absent
        modules[extra] = {extra}
    for module, distributions in metadata.packages_distributions().items():
        for distribution in map(_canonical, distributions):
            if distribution in modules:
                modules[distribution].add(module)
    return modules


def _canonical(requirement: str) -> str:
    name = requirement.split(">")[0].split("[")[0].strip()
    return name.lower().replace("_", "-")


def test_everything_that_is_imported_is_a_declared_dependency() -> None:
    declared = set().union(*declared_modules().values())

    assert third_party_imports() - declared == set()


def test_every_declared_dependency_is_imported() -> None:
    imported = third_party_imports()

    unused = [name for name, modules in declared_modules().items() if not modules & imported]

    assert unused == []
