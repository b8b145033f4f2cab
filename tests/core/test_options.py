"""Options are written once: how they describe themselves, and what they accept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dynode
from dynode.errors import OptionError, UnknownNameError
from dynode.options import NoOptions, OptionSpec, build_options, specs_of


@dataclass(frozen=True)
class Options:
    """One option of every type."""

    text: str = dynode.option(help="What to see.")
    steps: int = dynode.option(100, help="Steps.", unit="steps", min=1, max=500)
    rate: float = dynode.option(0.5, help="Rate.", min=0.0)
    fast: bool = dynode.option(False, help="Hurry.")
    mode: str = dynode.option("soft", help="Mode.", choices=("soft", "hard"))
    layers: tuple[int, ...] = dynode.option((1, 2), help="Layers.", min=0)
    weights: Path | None = dynode.option(None, help="Weights file.")
    side: Literal["left", "right"] = dynode.option("left", help="Side.")
    plain: int = 7


def spec_named(name: str) -> OptionSpec:
    return {spec.name: spec for spec in specs_of(Options)}[name]


def built(**values: Any) -> Options:
    made: Options = build_options(Options, {"text": "x", **values}, owner="demo")
    return made


# How options describe themselves


def test_options_are_described_in_their_order() -> None:
    names = [spec.name for spec in specs_of(Options)]

    assert names == ["text", "steps", "rate", "fast", "mode", "layers", "weights", "side", "plain"]


@pytest.mark.parametrize(
    ("name", "kind", "many", "optional"),
    [
        ("text", str, False, False),
        ("steps", int, False, False),
        ("rate", float, False, False),
        ("fast", bool, False, False),
        ("layers", int, True, False),
        ("weights", Path, False, True),
        ("side", str, False, False),
        ("plain", int, False, False),
    ],
)
def test_the_type_comes_from_the_annotation(
    name: str, kind: type, many: bool, optional: bool
) -> None:
    spec = spec_named(name)

    assert (spec.type, spec.many, spec.optional) == (kind, many, optional)


def test_only_an_option_without_a_default_is_required() -> None:
    assert [spec.name for spec in specs_of(Options) if spec.required] == ["text"]


def test_a_literal_gives_its_choices() -> None:
    assert spec_named("side").choices == ("left", "right")


def test_a_default_factory_gives_the_default() -> None:
    @dataclass
    class Made:
        layers: tuple[int, ...] = field(default_factory=lambda: (3,))

    (spec,) = specs_of(Made)

    assert (spec.default, spec.required) == ((3,), False)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("text", "What to see. [required]"),
        ("steps", "Steps. [steps; 1 to 500; default 100]"),
        ("rate", "Rate. [at least 0; default 0.5]"),
        ("fast", "Hurry."),
        ("mode", "Mode. [default soft]"),
        ("layers", "Layers. [at least 0; default 1,2]"),
        ("weights", "Weights file."),
    ],
)
def test_the_help_line_tells_unit_range_and_default(name: str, line: str) -> None:
    assert spec_named(name).help_line == line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("text", "TEXT"),
        ("steps", "INTEGER"),
        ("rate", "NUMBER"),
        ("mode", "soft|hard"),
        ("side", "left|right"),
        ("layers", "INTEGER,..."),
        ("weights", "FILE"),
    ],
)
def test_the_help_shows_what_kind_of_value_is_expected(name: str, shown: str) -> None:
    assert spec_named(name).placeholder == shown


def test_a_large_bound_is_written_out() -> None:
    @dataclass
    class Large:
        count: int = dynode.option(1, help="Count.", min=0, max=1_000_000)

    (spec,) = specs_of(Large)

    assert spec.help_line == "Count. [0 to 1000000; default 1]"


@pytest.mark.parametrize("default", [0, 0.0], ids=["int", "float"])
def test_a_default_of_zero_is_told(default: float) -> None:
    @dataclass
    class Zero:
        rate: float = dynode.option(default, help="Rate.")

    (spec,) = specs_of(Zero)

    assert spec.help_line == f"Rate. [default {default}]"


def test_the_flag_is_spelt_with_hyphens() -> None:
    @dataclass
    class Long:
        l2_lambda: float = 0.5

    (spec,) = specs_of(Long)

    assert spec.flag == "--l2-lambda"


def test_a_class_that_is_no_dataclass_is_refused() -> None:
    with pytest.raises(TypeError, match="decorate it with @dataclass"):
        specs_of(int)


@pytest.mark.parametrize(
    "hint",
    [dict, list[int], tuple[int, int], tuple[list[int], ...], int | str, complex],
    ids=str,
)
def test_a_type_that_cannot_be_typed_on_a_command_line_is_refused(hint: Any) -> None:
    strange = dataclass(type("Strange", (), {"__annotations__": {"thing": hint}}))

    with pytest.raises(TypeError, match="option 'thing' has type"):
        specs_of(strange)


def test_no_options_are_none() -> None:
    assert specs_of(NoOptions) == ()
    assert build_options(NoOptions, {}, owner="demo") == NoOptions()


# What they accept


def test_absent_options_take_their_default() -> None:
    assert built() == Options(text="x")


@pytest.mark.parametrize(
    ("name", "given_value", "expected"),
    [
        ("text", "smiling", "smiling"),
        ("text", 5, "5"),
        ("steps", "12", 12),
        ("steps", 12.0, 12),
        ("steps", 1, 1),
        ("steps", 500, 500),
        ("rate", "1e-3", 1e-3),
        ("rate", 2, 2.0),
        ("rate", 0, 0.0),
        ("fast", True, True),
        ("mode", "hard", "hard"),
        ("side", "right", "right"),
        ("layers", "3,4", (3, 4)),
        ("layers", "3, 4,", (3, 4)),
        ("layers", [3, 4], (3, 4)),
        ("layers", (), ()),
        ("layers", "", ()),
        ("weights", "a.pt", Path("a.pt")),
        ("weights", Path("a.pt"), Path("a.pt")),
        ("weights", None, None),
        ("fast", "true", True),
        ("fast", "False", False),
        ("plain", "-3", -3),
    ],
)
def test_a_fitting_value_is_converted(name: str, given_value: Any, expected: Any) -> None:
    value = getattr(built(**{name: given_value}), name)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("steps", "many", "--steps of demo is 'many'; expected int. Steps."),
        ("steps", 1.5, "--steps of demo is 1.5; expected int"),
        ("steps", "1.0", "--steps of demo is '1.0'; expected int"),
        ("steps", True, "--steps of demo is True; expected int"),
        ("steps", None, "--steps of demo is None; expected int"),
        ("steps", math.inf, "--steps of demo is inf; expected int"),
        ("steps", [3], "expected int"),
        ("steps", 0, "--steps of demo is 0, out of its range; expected 1 to 500 steps. Steps."),
        ("steps", 501, "--steps of demo is 501, out of its range"),
        ("rate", -0.1, "--rate of demo is -0.1, out of its range"),
        ("rate", "nan", "--rate of demo is 'nan'; expected float"),
        ("rate", True, "--rate of demo is True; expected float"),
        ("rate", "", "--rate of demo is ''; expected float"),
        ("fast", "yes", "--fast of demo is 'yes'; expected bool"),
        ("fast", 1, "--fast of demo is 1; expected bool"),
        ("layers", 3, "--layers of demo is 3; expected several values, such as 1,2"),
        ("layers", "1,x", "--layers of demo is 'x'; expected int"),
        ("layers", "1,-1", "--layers of demo is -1, out of its range"),
        ("layers", None, "--layers of demo is None"),
        ("weights", 3, "--weights of demo is 3; expected Path"),
        ("plain", math.nan, "--plain of demo is nan; expected int"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(name: str, wrong: Any, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        built(**{name: wrong})

    assert str(caught.value).startswith(message) or message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wrong", "nearest"),
    [("mode", "sofft", "soft"), ("side", "lefd", "left")],
    ids=["choices", "literal"],
)
def test_a_value_beside_the_choices_is_told_the_nearest(
    name: str, wrong: str, nearest: str
) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown value of --{name} .*{nearest!r}"):
        built(**{name: wrong})


def test_a_misspelt_option_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown option of demo 'txt'; did you mean 'text'"):
        build_options(Options, {"txt": "x"}, owner="demo")


def test_a_missing_required_option_is_told_with_its_help() -> None:
    with pytest.raises(OptionError) as caught:
        build_options(Options, {}, owner="demo")

    assert str(caught.value) == "demo needs --text: What to see; add --text VALUE"


def test_a_check_of_the_options_among_each_other_is_an_option_error() -> None:
    @dataclass(frozen=True)
    class Range:
        low: int = 0
        high: int = 1

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    with pytest.raises(OptionError, match="demo: low is above high"):
        build_options(Range, {"low": 3}, owner="demo")


@given(st.floats(allow_nan=False, min_value=0) | st.integers(0, 10**9))
def test_any_number_survives_the_way_over_the_command_line(number: float) -> None:
    assert built(rate=repr(number)).rate == number
