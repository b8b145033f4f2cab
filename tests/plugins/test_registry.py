"""Plugins: found by entry point, registered all or nothing, reported when they break."""

from __future__ import annotations

import dataclasses
import inspect
import keyword
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

import dynode
from dynode import plugins
from dynode.cli.root import _root as root
from dynode.errors import PluginError, UnknownNameError
from dynode.lazy import attribute_on_demand
from dynode.plugins import Registry, registry
from dynode.plugins.reserved import INVERTER_NAMES, METHOD_NAMES, TRAINING_NAMES
from dynode.plugins.trainable import Trainable


class Nothing(dynode.DirectionMethod):
    """A method that finds nothing."""

    name = "nothing"

    def find(self, generator: Any, options: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


def named(name: Any) -> Nothing:
    """A method with a name of its own."""
    method = Nothing()
    method.__dict__["name"] = name
    return method


def plugin(**hooks: Callable[..., None]) -> SimpleNamespace:
    """A plugin that implements the given hooks."""
    return SimpleNamespace(**{name: dynode.hookimpl(hook) for name, hook in hooks.items()})


def registering(*things: Any, hook: str = "register_directions") -> SimpleNamespace:
    """A plugin that hands these things to one hook."""

    def implementation(register: Callable[[Any], None]) -> None:
        for thing in things:
            register(thing)

    return plugin(**{hook: implementation})


# Registering


def test_a_registered_method_is_found_by_its_name() -> None:
    registry = Registry()
    method = Nothing()

    registry.register(registering(method), "someone")

    assert registry.directions["nothing"] is method
    assert "nothing" in registry.directions
    assert list(registry.directions) == [method]
    assert registry.directions.owned_by("someone") == ("nothing",)


def test_one_plugin_contributes_several_things_of_several_kinds() -> None:
    @click.command("sing")
    def sing() -> None: ...

    def directions(register: Callable[[Any], None]) -> None:
        register(named("a"))
        register(named("b"))

    registry = Registry()
    registry.register(
        plugin(register_directions=directions, register_commands=lambda register: register(sing)),
        "someone",
    )

    assert [method.name for method in registry.directions] == ["a", "b"]
    assert list(registry.commands) == [sing]


def test_an_unknown_name_is_told_the_nearest() -> None:
    registry = Registry()
    registry.register(registering(named("styleclip")), "someone")

    with pytest.raises(UnknownNameError, match="method 'styleclp'; did you mean 'styleclip'"):
        registry.directions["styleclp"]


def test_a_duplicate_names_both_owners_and_leaves_the_first() -> None:
    registry = Registry()
    first = Nothing()
    registry.register(registering(first), "the first")

    with pytest.raises(PluginError, match="'nothing' of the second .* by the first"):
        registry.register(registering(Nothing()), "the second")

    assert registry.directions["nothing"] is first


def test_the_same_owner_may_not_register_a_name_twice_and_loses_nothing_by_it() -> None:
    registry = Registry()
    registry.register(registering(named("a")), "someone")

    with pytest.raises(PluginError, match="registered already"):
        registry.register(registering(named("b"), named("a")), "someone")

    assert [method.name for method in registry.directions] == ["a"]


def test_registration_is_all_or_nothing_over_all_hooks() -> None:
    def commands(register: Callable[[Any], None]) -> None:
        raise RuntimeError("out of paper")

    registry = Registry()
    broken = registering(named("a"), named("b"))
    broken.register_commands = dynode.hookimpl(commands)

    with pytest.raises(RuntimeError, match="out of paper"):
        registry.register(broken, "someone")

    assert list(registry.directions) == []


def no_argument() -> None: ...


def another_argument(registre: Any) -> None: ...


def unknown_hook(register: Any) -> None: ...


class Unfinished(dynode.DirectionMethod):
    """A method without `find`."""

    name = "unfinished"


class ListOptions(Nothing):
    """A method whose options are no dataclass."""

    options = list


@dataclass
class Table:
    table: dict[str, int] = field(default_factory=dict)


@dataclass
class Seeded:
    seed: int = 0


class SeedOption(Nothing):
    """A method with an option that would hide a keyword of `dynode.edit`."""

    options = Seeded


class OddOptions(Nothing):
    """A method with an option of a type no command line has."""

    options = Table


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (registering(Nothing), "register_directions: class Nothing was registered; register an"),
        (registering("styleclip"), "a direction method is a str; expected a DirectionMethod"),
        (registering(Nothing(), hook="register_inverters"), "a Nothing; expected a Inverter"),
        (
            registering(Nothing(), hook="register_generators"),
            "expected a GeneratorProvider or GeneratorFamily",
        ),
        (registering(named("Bad Name")), "has the name 'Bad Name'; expected lower-case letters"),
        (registering(named("")), "has the name ''"),
        (registering(named("-a")), "has the name '-a'"),
        (registering(named("a\n")), "has the name"),
        (registering(named(None)), "has the name None"),
        (registering(named("ümlaut")), "has the name 'ümlaut'"),
        (registering(ListOptions()), "options of direction method 'nothing' are unusable: list"),
        (registering(OddOptions()), "option 'table' has type dict[str, int]"),
        (registering(SeedOption()), "option 'seed' of direction method 'nothing' is a keyword of"),
        (plugin(register_directions=another_argument), "registre"),
        (plugin(register_directoins=unknown_hook), "unknown hook 'register_directoins'"),
        (SimpleNamespace(), "it implements no hook; mark functions"),
        (SimpleNamespace(register_directions=no_argument), "it implements no hook"),
    ],
    ids=[
        "a class",
        "a string",
        "the wrong hook",
        "the wrong hook of two classes",
        "a space in the name",
        "an empty name",
        "a leading hyphen",
        "a line break in the name",
        "no name",
        "letters beyond ASCII",
        "options that are no dataclass",
        "options of a strange type",
        "an option that is a keyword",
        "a misspelt argument",
        "a misspelt hook",
        "nothing at all",
        "a forgotten hookimpl",
    ],
)
def test_a_broken_contract_is_told_in_one_line(broken: object, message: str) -> None:
    registry = Registry()

    with pytest.raises(PluginError) as caught:
        registry.register(broken, "someone")

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(registry.directions) == []


def names_of(function: Any) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    return {one.name for one in parameters if one.kind is not one.VAR_KEYWORD}


def flags_of(*path: str) -> set[str]:
    """Names of a command's own flags, as options of a plugin would be called."""
    command: Any = root
    for name in path:
        command = command.get_command(click.Context(command), name)
    shown = [param for param in command.params if isinstance(param, click.Option)]
    flags = {flag.strip("-").replace("-", "_") for p in shown for flag in p.opts if len(flag) > 2}
    return {flag for flag in flags if not keyword.iskeyword(flag)}  # no option can be called so


@pytest.mark.parametrize(
    ("reserved", "functions", "commands"),
    [
        (METHOD_NAMES, (dynode.edit, dynode.find), [("edit",), ("find",)]),
        (INVERTER_NAMES, (dynode.invert,), [("invert",)]),
        (TRAINING_NAMES, (dynode.train,), []),
    ],
    ids=["methods", "inverters", "training"],
)
def test_what_calls_and_commands_use_themselves_is_reserved(
    reserved: frozenset[str], functions: Sequence[Any], commands: Sequence[tuple[str, ...]]
) -> None:
    used = set().union(*map(names_of, functions), *(flags_of(*path) for path in commands))

    assert used - reserved == set()


@pytest.mark.installed_plugins
def test_the_flags_of_a_training_are_reserved() -> None:
    from dynode.options import specs_of
    from dynode.pipeline.training import trainable

    own = {spec.name for spec in specs_of(trainable()["e4e"].training_options)}

    assert flags_of("train", "e4e") - own - TRAINING_NAMES == set()


def with_options(kind: type, attribute: str, option: str) -> Any:
    """A thing of a kind with one option of that name."""
    options = dataclasses.make_dataclass("Options", [(option, int, field(default=0))])
    body = {"name": "own", "training": "own", attribute: options}
    made = type("Own", (kind,), body)
    made.__abstractmethods__ = frozenset()
    return made()


class TrainableInverter(dynode.Inverter, Trainable):
    """An inverter with a network."""


@pytest.mark.parametrize(
    ("kind", "hook", "attribute", "options"),
    [
        (dynode.DirectionMethod, "register_directions", "options", METHOD_NAMES),
        (dynode.Inverter, "register_inverters", "options", INVERTER_NAMES),
        (
            TrainableInverter,
            "register_inverters",
            "training_options",
            TRAINING_NAMES - {"start", "from"},  # a network of another kind has a start of its own
        ),
    ],
    ids=["method", "inverter", "training"],
)
def test_an_option_of_a_reserved_name_is_refused_at_registration(
    kind: type, hook: str, attribute: str, options: frozenset[str]
) -> None:
    for option in sorted(options):
        with pytest.raises(PluginError, match=f"option '{option}' of .* rename it"):
            Registry().register(registering(with_options(kind, attribute, option), hook=hook), "x")

    Registry().register(registering(with_options(kind, attribute, "own"), hook=hook), "x")


@pytest.mark.installed_plugins
def test_every_shipped_plugin_registers() -> None:
    found = registry()

    assert [(report.name, report.error) for report in found.reports if report.error] == []
    for shelf in (found.directions, found.inverters, found.metrics, found.trainables):
        for thing in shelf:
            assert shelf[thing.name] is thing  # which checks options that are imported on demand


def test_a_hook_needs_not_take_the_argument_it_does_not_use() -> None:
    registry = Registry()

    registry.register(plugin(register_directions=no_argument), "someone")

    assert list(registry.directions) == []


# Finding: distributions in a folder of their own


class Site:
    """A folder of installed distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self, distribution: str, points: dict[str, str], requires: str = "", **modules: str
    ) -> None:
        """Install a distribution with entry points and modules, given as their source."""
        info = self.folder / f"{distribution}-1.0.dist-info"
        info.mkdir()
        required = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n{required}"
        )
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[dynode]\n{lines}")
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(textwrap.dedent(source))


GOOD = """
import dynode

class Method(dynode.DirectionMethod):
    name = "{name}"
    def find(self, generator, options, *, seed, progress, latents=None): ...

@dynode.hookimpl
def register_directions(register):
    register(Method())
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The only distributions there are, and they can be imported."""

    def entry_points(group: str) -> metadata.EntryPoints:
        installed = metadata.distributions(path=[str(tmp_path)])
        points = [point for dist in installed for point in dist.entry_points]
        return metadata.EntryPoints(points).select(group=group)

    monkeypatch.setattr(plugins.discovery.metadata, "entry_points", entry_points)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("DYNODE_LOAD_PLUGINS", raising=False)
    known = set(sys.modules)
    yield Site(tmp_path)
    for name in set(sys.modules) - known:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def loaded() -> Registry:
    plugins.registry.cache_clear()
    return plugins.registry()


@pytest.mark.parametrize(
    "requires",
    [
        f"dynode-gan>={dynode.__version__}",
        "dynode_gan[faces]",
        'dynode-gan>=99; extra == "later"',
        "dynode-gan-more>=99",
        "dynode-gan what is this",
        "torch>=99",
    ],
)
def test_a_plugin_for_this_version_is_loaded(site: Site, requires: str) -> None:
    site.install("ok", {"ok": "dynode_ok"}, requires, dynode_ok=GOOD.format(name="b"))

    (report,) = loaded().reports

    assert report.error == ""


@pytest.mark.parametrize(
    "requires", ["dynode-gan>=99", "Dynode_GAN[faces]<0.1", "dynode-gan==0.1.*"]
)
def test_a_plugin_for_another_version_is_reported_and_not_run(site: Site, requires: str) -> None:
    site.install("late", {"late": "dynode_late"}, requires, dynode_late="raise SystemExit")

    (report,) = loaded().reports

    told = rf"it was written for dynode-gan (>=99|<0.1|==0.1.\*), and this is {dynode.__version__}; install"
    assert re.match(told, report.error)


def test_what_happens_to_plugins_is_told_on_request(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("good", {"good": "dynode_good"}, dynode_good=GOOD.format(name="b"))
    site.install("bad", {"bad": "dynode_bad"}, dynode_bad="def f():\n    1 / 0\nf()")
    loaded()
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("DYNODE_TRACE_PLUGINS", "1")
    for module in ("dynode_good", "dynode_bad"):
        sys.modules.pop(module, None)

    loaded()

    told = capsys.readouterr().err
    assert re.search(r"plugin dynode_good \(good 1.0\): imported \(\d", told)
    assert "plugin dynode_good (good 1.0): registered direction method: b (" in told
    assert "plugin dynode_bad (bad 1.0): failed (" in told
    assert 'dynode_bad.py", line 2, in f' in told
    assert told.count("ZeroDivisionError: division by zero") == 1


def test_an_installed_plugin_is_loaded_and_reported(site: Site) -> None:
    site.install("brighten", {"brighten": "dynode_brighten"}, dynode_brighten=GOOD.format(name="b"))

    registry = loaded()

    (report,) = registry.reports
    assert [method.name for method in registry.directions] == ["b"]
    assert report == plugins.PluginReport(
        name="brighten",
        module="dynode_brighten",
        distribution="brighten 1.0",
        provides={"direction method": ("b",)},
    )


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        ("import no_such_module_at_all", "needs the missing module 'no_such_module_at_all'"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("x =", "SyntaxError: invalid syntax"),
        ("x = 1", "it implements no hook"),
        (
            "import dynode\n@dynode.hookimpl\ndef register_directions(registre): ...",
            "registre",
        ),
        (
            "import dynode\n@dynode.hookimpl\ndef register_directions(register): 1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        (
            "import dynode\n@dynode.hookimpl\ndef register_inverters(register): register(int)",
            "register_inverters: class int was registered; register an instance",
        ),
        (
            "import dynode\nclass A(dynode.DirectionMethod): name = 'a'\n"
            "@dynode.hookimpl\ndef register_directions(register): register(A())",
            "TypeError: Can't instantiate abstract class A",
        ),
    ],
    ids=[
        "raising import",
        "missing module",
        "leaving the process",
        "syntax error",
        "no hook",
        "wrong argument",
        "raising hook",
        "a class",
        "an abstract class",
    ],
)
def test_a_broken_plugin_is_reported_and_stops_no_other(
    site: Site, source: str, error: str
) -> None:
    site.install("broken", {"broken": "dynode_broken"}, dynode_broken=source)
    site.install("whole", {"whole": "dynode_whole"}, dynode_whole=GOOD.format(name="whole"))

    registry = loaded()

    broken, whole = registry.reports
    assert error in broken.error
    assert "\n" not in broken.error
    assert broken.distribution == "broken 1.0"
    assert broken.provides == {}
    assert whole.error == ""
    assert [method.name for method in registry.directions] == ["whole"]


def test_an_entry_point_to_nowhere_is_reported(site: Site) -> None:
    site.install("gone", {"gone": "dynode_gone", "half": "dynode_half:plugin"}, dynode_half="")

    gone, half = loaded().reports

    assert gone.error.startswith("needs the missing module 'dynode_gone'")
    assert half.error.startswith("AttributeError:")


def test_two_distributions_that_bring_the_same_name_are_both_named(site: Site) -> None:
    for owner in ("first", "second"):
        site.install(owner, {owner: f"dynode_{owner}"})
        (site.folder / f"dynode_{owner}.py").write_text(GOOD.format(name="same"))

    first, second = loaded().reports

    assert first.error == ""
    assert "of dynode_second (second 1.0) is registered already" in second.error
    assert "by dynode_first (first 1.0)" in second.error


def test_two_distributions_with_one_entry_point_name_are_both_loaded(site: Site) -> None:
    for owner in ("first", "second"):
        site.install(owner, {"same": f"dynode_{owner}"})
        (site.folder / f"dynode_{owner}.py").write_text(GOOD.format(name=owner))

    registry = loaded()

    assert [method.name for method in registry.directions] == ["first", "second"]
    assert [report.distribution for report in registry.reports] == ["first 1.0", "second 1.0"]


def test_a_module_named_by_two_entry_points_loses_nothing(site: Site) -> None:
    site.install("twice", {"a": "dynode_twice", "b": "dynode_twice"})
    (site.folder / "dynode_twice.py").write_text(GOOD.format(name="once"))

    registry = loaded()

    assert [method.name for method in registry.directions] == ["once"]
    assert [bool(report.error) for report in registry.reports] == [False, True]


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (None, ["a", "b", "c"]),
        ("", []),
        (" ", []),
        ("b", ["b"]),
        ("c,a", ["c", "a"]),
        (" c , a ,, c", ["c", "a"]),
    ],
    ids=["unset", "empty", "blank", "one", "two", "untidy"],
)
def test_the_variable_selects_plugins(
    site: Site, monkeypatch: pytest.MonkeyPatch, variable: str | None, expected: list[str]
) -> None:
    for name in "abc":
        site.install(name, {name: f"dynode_{name}"})
        (site.folder / f"dynode_{name}.py").write_text(GOOD.format(name=name))
    if variable is not None:
        monkeypatch.setenv("DYNODE_LOAD_PLUGINS", variable)

    registry = loaded()

    assert [method.name for method in registry.directions] == expected
    assert [report.name for report in registry.reports] == expected


def test_a_plugin_that_is_not_installed_cannot_be_selected(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("brighten", {"brighten": "dynode_brighten"})
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "brihgten")

    with pytest.raises(UnknownNameError, match="DYNODE_LOAD_PLUGINS 'brihgten'.*'brighten'"):
        loaded()


def test_a_plugin_that_is_not_selected_is_not_imported(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("noisy", {"noisy": "dynode_noisy"}, dynode_noisy="raise RuntimeError")
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")

    assert loaded().reports == []


def test_fifty_plugins_are_loaded_with_every_third_of_them_broken(site: Site) -> None:
    for index in range(50):
        source = "raise OSError" if index % 3 == 0 else GOOD.format(name=f"method-{index}")
        site.install(f"d{index:02}", {f"p{index:02}": f"dynode_p{index}"})
        (site.folder / f"dynode_p{index}.py").write_text(source)

    registry = loaded()

    assert len(registry.reports) == 50
    assert sum(bool(report.error) for report in registry.reports) == 17
    assert len(list(registry.directions)) == 33


def test_the_registry_is_loaded_once(site: Site) -> None:
    assert loaded() is plugins.registry()


@pytest.mark.parametrize(
    "text",
    [b"[dynode]\ngarbage\n", b"\xff\xfe[dynode]\n", b"[dynode]\n= \n"],
    ids=["no module", "no text", "nothing"],
)
@pytest.mark.robust(kind="J plugins", member="a malformed entry_points.txt")
def test_a_malformed_entry_point_file_is_one_reported_plugin(
    text: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "odd-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (info / "entry_points.txt").write_bytes(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")

    loaded = plugins.discovery.registry.__wrapped__()

    told = {report.distribution: report.error for report in loaded.reports}
    assert "its entry_points.txt cannot be read" in told.get("odd 1", "") or text.endswith(b"= \n")


@pytest.mark.parametrize(
    "ending",
    [
        "raise SystemExit(0)",
        "import asyncio; raise asyncio.CancelledError('x')",
        "raise GeneratorExit",
        "raise KeyboardInterrupt",
        "class Odd(BaseException): pass\nraise Odd('x')",
    ],
    ids=["exit", "cancelled", "generator exit", "interrupt", "another"],
)
@pytest.mark.robust(kind="J plugins", member="what ends the program at import")
def test_a_plugin_cannot_end_the_program_while_it_is_imported(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ending.py").write_text(ending)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "ending", raising=False)
    registry = Registry()

    registry.load_entry_points([metadata.EntryPoint("ending", "ending", "dynode")])

    assert registry.reports[0].error


def test_a_slow_import_is_named_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow_one.py").write_text("import time\ntime.sleep(0.5)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(plugins.boundary, "SLOW_IMPORT_S", 0.05)

    Registry().load_entry_points([metadata.EntryPoint("slow", "slow_one", "dynode")])

    assert "still importing plugin slow_one" in capsys.readouterr().err


@dataclass(frozen=True)
class Clashing:
    """Options of which one is a keyword of every call."""

    seed: int = dynode.option(0, help="Taken.")


@pytest.mark.parametrize(
    ("name", "said"),
    [("Clashing", "option 'seed' of direction method 'nothing'"), ("Registry", "not a dataclass")],
    ids=["a name that is taken", "no dataclass"],
)
def test_options_on_demand_are_checked_when_they_are_asked_for(name: str, said: str) -> None:
    kind = type("Late", (Nothing,), {"options": attribute_on_demand(f"{__name__}:{name}")})
    shelves = Registry()
    shelves.register(registering(kind()), "x")

    for _ in range(2):  # the refusal is no one-off
        with pytest.raises(PluginError, match=said):
            shelves.directions["nothing"]

    assert [method.name for method in shelves.directions] == ["nothing"]


def test_what_is_on_demand_is_imported_where_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Nothing):
        options = attribute_on_demand("not_there_yet:Options")

    shelves = Registry()
    shelves.register(registering(Late()), "x")
    module = SimpleNamespace(Options=dataclasses.make_dataclass("Options", [("own", int, 1)]))
    monkeypatch.setitem(sys.modules, "not_there_yet", module)

    assert shelves.directions["nothing"].options is module.Options
