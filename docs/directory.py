"""The directory of plugins: `directory.toml`, checked, and the tables of `directory.md` made of it.

`python docs/directory.py` checks the file and prints the table of what it lists.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from dynode.plugins import hookspecs

DOCS = Path(__file__).parent
ROOT = DOCS.parent
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("register_"))
_LONGEST = 100


@dataclass(frozen=True)
class Entry:
    """One plugin that somebody published.

    Attributes:
        name: What users type; no other plugin has it.
        distribution: What is installed.
        summary: What it does: one line, small at its beginning, without a full stop.
        hooks: What it implements.
        licence: An SPDX expression; of the code, and of the weights it brings.
        source: An address (https), or a folder of this repository.
        requires: Versions of dynode-gan it was tested with, such as `>=0.2,<0.3`.
    """

    name: str
    distribution: str
    summary: str
    hooks: tuple[str, ...]
    licence: str
    source: str
    requires: str

    def faults(self) -> list[str]:
        """Say what is wrong, a line each."""
        checks = {
            f"name {self.name!r} is not lower-case letters, digits and hyphens": re.fullmatch(
                r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.name
            ),
            f"distribution {self.distribution!r} cannot be installed by that name": re.fullmatch(
                r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", self.distribution
            ),
            f"summary is not one line of at most {_LONGEST} characters without a full stop": (
                0 < len(self.summary) <= _LONGEST
                and "\n" not in self.summary
                and not self.summary.endswith(".")
            ),
            f"hooks {list(self.hooks)} are not some of {', '.join(HOOKS)}": (
                self.hooks and set(self.hooks) <= set(HOOKS)
            ),
            f"licence {self.licence!r} is no SPDX expression": re.fullmatch(
                r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", self.licence
            ),
            f"source {self.source!r} is neither https:// nor a folder of the repository": (
                self.source.startswith("https://") or (ROOT / self.source).is_dir()
            ),
            f"requires {self.requires!r} is no range of versions": _is_range(self.requires),
        }
        return [f"{self.name}: {told}" for told, holds in checks.items() if not holds]


def read(file: Path = DOCS / "directory.toml") -> list[Entry]:
    """Read and check the file.

    Raises:
        ValueError: Something in it cannot be listed; every fault is a line.
    """
    tables = tomllib.loads(file.read_text(encoding="utf-8")).get("plugin", [])
    wanted = {field.name for field in dataclasses.fields(Entry)}
    faults = [
        f"{table.get('name', 'a plugin without a name')}: expected {', '.join(sorted(wanted))}; "
        f"not there or unknown: {', '.join(sorted(wanted ^ set(table)))}"
        for table in tables
        if set(table) != wanted
    ]
    if not faults:
        entries = [Entry(**table | {"hooks": tuple(table["hooks"])}) for table in tables]
        faults = [fault for entry in entries for fault in entry.faults()] + _doubled(entries)
    if faults:
        raise ValueError("\n".join(faults))
    return sorted(entries, key=lambda entry: entry.name)


def published(entries: list[Entry]) -> str:
    """Write the table of what others publish."""
    head = "| plugin | what it does | hooks | licence | dynode-gan |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {_linked(entry)} | {entry.summary} | {' '.join(f'`{h}`' for h in entry.hooks)} | "
        f"{entry.licence} | `{entry.requires}` |\n"
        for entry in entries
    )


def bundled(provided: dict[str, dict[str, tuple[str, ...]]]) -> str:
    """Write the table of what ships: plugins, and what each registers by kind."""
    rows = []
    for name, kinds in sorted(provided.items()):
        brings = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items())
        rows.append(f"| {name} | {brings} |\n")
    return "| plugin | brings |\n|---|---|\n" + "".join(rows)


def _linked(entry: Entry) -> str:
    if entry.source.startswith("https://"):
        return f"[{entry.distribution}]({entry.source})"
    return f"[{entry.distribution}](../{entry.source}/pyproject.toml)"


def _is_range(text: str) -> bool:
    try:
        return len(SpecifierSet(text)) > 0
    except InvalidSpecifier:
        return False


def _doubled(entries: list[Entry]) -> list[str]:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    taken = dict.fromkeys(ours["entry-points"]["dynode"], ours["name"])
    faults = []
    for entry in entries:
        if entry.name in taken:
            faults.append(f"{entry.name}: {taken[entry.name]} has a plugin of that name")
        taken[entry.name] = entry.distribution
    return faults


if __name__ == "__main__":
    try:
        print(published(read()))
    except ValueError as error:
        sys.exit(str(error))
