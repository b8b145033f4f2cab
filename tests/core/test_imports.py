"""Who imports whom: no circles, arrows only downwards, and plugins keep to what is declared public.

Every import counts, those inside functions and those for types alone included: a reader follows them
all. Run as a script it prints the plan of the house in figures.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [
    ROOT / package for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
]
LARGEST_CIRCLE = 2  # files: a class and the functions that write and read it
LONGEST_FUNCTION = 40  # lines
LONGEST_CODE = 50  # lines of code, without signature and docstring
MOST_LONG = 51  # functions that are longer with them; public calls say much

# Each storey may import from itself and from those above it in this list; the last is the top.
STOREYS: list[list[str]] = [
    ["lazy", "errors", "version", "quoting", "renamed"],
    ["files", "options", "weights", "devices"],
    ["latents", "generator.protocol", "generator.module_layers", "distance.distance"],
    ["generator.population", "direction", "dynamics", "importing.request", "plugins"],
    ["models", "media", "stylegan2", "generator", "training", "text", "content_words"],
    ["distance", "scoring", "crop", "importing"],
    ["pipeline", "measuring"],
    ["cli", "__main__", "scaffold", "checking", "testing"],
]

# What plugins may import, with everything these packages list in `__all__` (docs/api.md).
SDK = (
    "dynode",
    "dynode.cli",
    "dynode.crop",
    "dynode.direction",
    "dynode.distance",
    "dynode.dynamics",
    "dynode.generator",
    "dynode.importing",
    "dynode.latents",
    "dynode.measuring",
    "dynode.media",
    "dynode.models",
    "dynode.pipeline",
    "dynode.plugins",
    "dynode.scoring",
    "dynode.stylegan2",
    "dynode.stylegan2.checkpoints",
    "dynode.testing",
    "dynode.training",
    "dynode.weights",
)
# Modules of one idea, open as a whole.
SDK_MODULES = ("devices", "errors", "files", "options", "quoting", "text")
# Packages that plugins are built with, and what of them is open; not of the core, and no plugins.
LIBRARIES = (
    "dynode_adversarial",
    "dynode_data",
    "dynode_encoders",
    "dynode_encoders.training",
)


def sources() -> dict[str, Path]:
    """Every module of what ships, by dotted name; a package is its `__init__`."""
    found = {}
    for folder in PACKAGES:
        for file in folder.rglob("*.py"):
            parts = (folder.name, *file.relative_to(folder).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def imported(file: Path) -> Iterator[tuple[str, str]]:
    """Pairs of module and name; the name is empty for `import module`."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from ((node.module, alias.name) for alias in node.names)


def graph(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """Modules each module imports; `from package import module` counts as the module."""
    edges: dict[str, set[str]] = {}
    for name, file in modules.items():
        targets = set()
        for module, part in imported(file):
            inner = f"{module}.{part}"
            targets.add(inner if inner in modules else module)
        edges[name] = {target for target in targets if target in modules} - {name}
    return edges


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of two or more modules that reach each other (Tarjan), the largest first."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(edges[name]):
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            cut = stack.index(name)
            group = stack[cut:]
            del stack[cut:]
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(edges):
        if name not in index:
            visit(name)
    return sorted(found, key=len, reverse=True)


def storey(module: str) -> int:
    inner = module.removeprefix("dynode").lstrip(".")
    best = [
        (len(prefix), level)
        for level, prefixes in enumerate(STOREYS)
        for prefix in prefixes
        if inner == prefix or inner.startswith(prefix + ".")
    ]
    return max(best)[1] if best else len(STOREYS)  # the package itself is above all


def lengths() -> Iterator[tuple[str, int, int]]:
    """Each function with its lines in all, and those of its code without signature and docstring."""
    for name, file in sorted(sources().items()):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                code = node.body[1:] if ast.get_docstring(node) else node.body
                end = node.end_lineno or node.lineno
                code_lines = end - code[0].lineno + 1 if code else 0
                yield f"{name}.{node.name}", end - node.lineno + 1, code_lines


def listed(file: Path) -> set[str]:
    """Names of `__all__`."""
    for node in tree_of(file).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def private_names() -> dict[str, list[str]]:
    """Names of core and libraries that others import and that no open package lists, with who does."""
    modules = sources()
    public = {
        (name, part)
        for name in (*SDK, *LIBRARIES)
        if name in modules
        for part in listed(modules[name])
    }
    public |= {("dynode", name) for name in ("", "__version__", "plugins", *SDK_MODULES)}
    on_demand = {("dynode.lazy", f"{what}_on_demand") for what in ("names", "attribute")}
    public |= {("dynode.cli", "console"), ("dynode.cli", "completing")} | on_demand
    closed = {name.split(".")[0] for name in (*SDK, *LIBRARIES)}
    used: dict[str, list[str]] = {}
    for name, file in modules.items():
        own = name.split(".")[0]
        if own == "dynode":
            continue
        for module, part in imported(file):
            is_open = module.removeprefix("dynode.") in SDK_MODULES
            if (
                module.split(".")[0] in closed - {own}
                and (module, part) not in public
                and not is_open
            ):
                used.setdefault(f"{module}.{part}".rstrip("."), []).append(name)
    return used


def test_no_circle_of_imports_is_larger_than_two_files() -> None:
    found = circles(graph(sources()))

    assert [circle for circle in found if len(circle) > LARGEST_CIRCLE] == []


def test_imports_point_downwards() -> None:
    edges = graph(sources())

    upwards = [
        f"{name} imports {target}"
        for name, targets in sorted(edges.items())
        if name.startswith("dynode.")
        for target in sorted(targets)
        if target.startswith("dynode.") and storey(target) > storey(name)
    ]

    assert upwards == []


def test_functions_do_one_thing() -> None:
    assert [name for name, _, code in lengths() if code > LONGEST_CODE] == []


def test_functions_with_long_signatures_do_not_become_more() -> None:
    assert len([name for name, whole, _ in lengths() if whole > LONGEST_FUNCTION]) <= MOST_LONG


def test_plugins_import_only_what_is_declared_for_them() -> None:
    assert private_names() == {}


def main() -> None:
    edges = graph(sources())
    found = circles({name: edges[name] for name in edges if name.split(".")[0] == "dynode"})
    loose = [file for file in (ROOT / "dynode").glob("*.py") if file.stem != "__init__"]
    lines = sum(len(file.read_text().splitlines()) for file in (ROOT / "dynode").rglob("*.py"))
    print(f"loose modules at the top of dynode/: {len(loose)}")
    print(f"circles: {len(found)}, the largest of {max(map(len, found), default=0)} files")
    print(f"names used by plugins that are not public: {len(private_names())}")
    long = [whole for _, whole, _ in lengths() if whole > LONGEST_FUNCTION]
    print(f"functions over {LONGEST_FUNCTION} lines, signature and docstring included: {len(long)}")
    print(f"lines of the core: {lines}")


def test_no_name_on_demand_shares_its_name_with_a_module() -> None:
    """Importing the module would put it where the name is looked for."""
    shared = {
        f"{package}.{name}"
        for package, file in sources().items()
        if file.stem == "__init__" and "names_on_demand" in file.read_text()
        for name in listed(file)
        if (file.parent / f"{name}.py").exists()
    }

    assert shared == set()


if __name__ == "__main__":
    main()
