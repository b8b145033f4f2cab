"""What every registered format of published files promises."""

from __future__ import annotations

from pathlib import Path

import torch

from dynode.direction.linear import LinearDirection
from dynode.importing.request import PublishedFile
from dynode.options import specs_of
from dynode.plugins.formats import Format
from dynode.testing.plugin_check import remedy

_STRANGERS: dict[str, object] = {
    "a file that is no container of arrays": None,
    "one vector": torch.ones(1, 8),
    "codes of five pictures": torch.ones(5, 6, 8),
    "an empty dictionary": {},
    "a dictionary of words": {"a": 1, "b": "two"},
    "a list of codes": [torch.ones(6, 8)],
    "a number": 3,
}


@remedy("look for the keys or shapes of your own format; return False for anything else")
def strangers_are_not_claimed(format: Format) -> None:
    """`recognise` says no, and raises nothing, for files of other kinds; `pick` picks nothing."""
    for what, content in _STRANGERS.items():
        file = PublishedFile(Path("absent.bin"), content)
        assert format.recognise(file) is False, f"it claims {what}"
        assert format.pick(content) is None, f"it picks from {what}"


@remedy("give each option dynode.option(default, help=…)")
def options_are_told(format: Format) -> None:
    """Options are a frozen dataclass with help texts, none of them a flag of the command."""
    from dynode.cli.exchange import import_file

    specs = specs_of(format.options)
    assert format.options.__dict__["__dataclass_params__"].frozen, "the options are not frozen"
    silent = [spec.flag for spec in specs if not spec.help]
    assert not silent, f"{', '.join(silent)} without help"
    taken = {flag for param in import_file.params for flag in param.opts}
    clashing = [spec.flag for spec in specs if spec.flag in taken]
    assert not clashing, f"{', '.join(clashing)} is a flag of 'dynode directions import'"


@remedy("return suffixes with their dot, and only for kinds of directions that it can write")
def suffixes_are_suffixes(format: Format) -> None:
    """`suffixes` answers for any kind of direction, in the form `.pt`."""
    found = format.suffixes(LinearDirection(torch.ones(8)))
    assert isinstance(found, tuple), f"suffixes gives {found!r}"
    assert all(suffix.startswith(".") for suffix in found), f"{found} are no suffixes"


@remedy("give the class a summary of one line")
def a_format_has_a_summary(format: Format) -> None:
    """There is a summary of one line, which says what such a file holds."""
    assert format.summary.strip() and "\n" not in format.summary, "no summary of one line"


FORMAT_CHECKS = (
    strangers_are_not_claimed,
    options_are_told,
    suffixes_are_suffixes,
    a_format_has_a_summary,
)
