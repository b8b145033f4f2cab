"""Presets: the options of a command in a TOML file, written by `--save-preset`, read by `--preset`."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from dynode.cli.method_options import MethodCommand, last_value
from dynode.errors import UnknownNameError, UsageError

_META = "dynode.preset"
_OF_ONE_RUN = {"output", "force", "as_json", "device", "preset", "save_preset", "help"}
"""What a preset does not hold: it says how to edit, not where to, or on which machine."""

OPTIONS = (
    click.Option(
        ["--preset"],
        metavar="FILE",
        expose_value=False,
        help="Take options from a TOML file, see --save-preset; those given here count.",
    ),
    click.Option(
        ["--save-preset"],
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the options given here to a TOML file, for --preset.",
    ),
)


class PresetCommand(MethodCommand):
    """A `MethodCommand` whose flags may come from a file."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's flags, those of the method and those of presets."""
        *flags, help_flag = super().get_params(ctx)
        return [*flags, *OPTIONS, help_flag]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the options of the preset before those that are given."""
        preset = last_value(args, "--preset")
        if preset is not None:
            told = _read(Path(preset))
            if "plugin" in told and self.named_method(args) is None:
                args = ["--plugin", str(told["plugin"]), *args]
            self.find_method(ctx, args)
            args = [*self._flags(ctx, Path(preset), told, args), *args]
        rest = super().parse_args(ctx, list(args))
        ctx.meta[_META] = dict(self._given(ctx, args))
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and write the preset once it is done."""
        from dynode import files

        path: Path | None = ctx.params.pop("save_preset", None)
        if path is None:
            return super().invoke(ctx)
        files.check_free(path, force=bool(ctx.params.get("force")))
        result = super().invoke(ctx)
        with files.written(path) as temporary:
            lines = [f"{name} = {_toml(value)}\n" for name, value in ctx.meta[_META].items()]
            temporary.write_text("".join(lines), encoding="utf-8")
        return result

    def _flags(
        self, ctx: click.Context, path: Path, told: Mapping[str, Any], args: list[str]
    ) -> list[str]:
        """Turn a preset into flags; one that may be repeated gives way to those of the command line."""
        known = dict(self._named(ctx))
        flags = list[str]()
        for name, value in told.items():
            option = known.get(name.replace("_", "-"))
            if option is None:
                raise UnknownNameError(f"option in {path.name}", name, known)
            is_given = any(arg.partition("=")[0] in option.opts for arg in args)
            these = _flag(option, value, path)
            flags += [] if option.multiple and is_given else these
        return flags

    def _named(self, ctx: click.Context) -> Iterator[tuple[str, click.Option]]:
        for option in self.get_params(ctx):
            if isinstance(option, click.Option) and option.name not in _OF_ONE_RUN:
                yield _name(option), option

    def _given(self, ctx: click.Context, args: list[str]) -> Iterator[tuple[str, Any]]:
        """Tell the options that were given, as they were typed."""
        typed, _, _ = self.make_parser(ctx).parse_args(list(args))
        for name, option in self._named(ctx):
            if option.name in typed:
                yield name, typed[option.name]


def _name(option: click.Option) -> str:
    return next(flag for flag in option.opts if flag.startswith("--")).removeprefix("--")


def _flag(option: click.Option, value: object, path: Path) -> list[str]:
    name = _name(option)
    if isinstance(value, list) and option.multiple:
        return [f"--{name}={each}" for each in value]
    if isinstance(value, bool) and option.is_flag:
        return [f"--{name}"] if value else list(option.secondary_opts[:1])
    if isinstance(value, (str, int, float)) and not isinstance(value, bool) and not option.is_flag:
        return [f"--{name}={value}"]
    wanted = "true or false" if option.is_flag else "a text or a number"
    raise UsageError(
        f"{path.name}: {name} is {json.dumps(value, default=str)[:60]}; expected {wanted}"
    )


def _read(path: Path) -> dict[str, Any]:
    from dynode.files import reading

    if not path.is_file():
        raise UsageError(f"the preset {path} does not exist; --save-preset writes one")
    with reading(path, "TOML", "expected lines such as 'strength = 1.5'", error=UsageError):
        return tomllib.loads(path.read_text(encoding="utf-8"))


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, bool):
        return json.dumps(value)
    text = str(value)
    for number in (int, float):
        with contextlib.suppress(ValueError):
            if str(number(text)) == text and text[-1].isdigit():  # no nan
                return text
    return json.dumps(text, ensure_ascii=False)
