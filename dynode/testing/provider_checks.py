"""What every named generator, family of generator files and command promises."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import click

from dynode.generator.protocol import Generator
from dynode.plugins.methods import GeneratorFamily, GeneratorProvider
from dynode.testing.checks import Check, generator_checks
from dynode.testing.generators import write_tiny_generator
from dynode.testing.plugin_check import remedy
from dynode.testing.trial import quietly


class ProviderTrial:
    """A named generator, loaded once on the CPU."""

    def __init__(self, provider: GeneratorProvider) -> None:
        """Keep the provider; it is loaded by the first check."""
        self.provider = provider
        self.printed = ""

    @cached_property
    def generator(self) -> Generator:
        """The loaded generator."""
        with quietly() as printed:
            loaded = self.provider.load("cpu")
        self.printed = printed.getvalue()
        return loaded


@remedy("let info tell the provider's own name, domain and licence")
def metadata_are_honest(trial: ProviderTrial) -> None:
    """The loaded generator tells what its provider announces: name, domain, licence."""
    provider, info = trial.provider, trial.generator.info
    assert provider.summary.strip() and "\n" not in provider.summary, "no summary of one line"
    assert info.name == provider.name, f"info.name is {info.name!r}"
    assert info.domain == provider.domain, f"domain {info.domain!r}, announced {provider.domain!r}"
    assert info.licence == provider.licence, f"licence {info.licence!r}, not {provider.licence!r}"
    assert provider.directions is None or provider.directions.is_dir(), "no folder of directions"


@remedy("write messages to the log: logging.getLogger(__name__)")
def loading_prints_nothing(trial: ProviderTrial) -> None:
    """Loading prints nothing on stdout."""
    assert trial.generator is not None
    assert not trial.printed, f"it printed {trial.printed[:60]!r}"


def _on_the_provider(check: Check) -> Callable[[ProviderTrial], None]:
    def run(trial: ProviderTrial) -> None:
        check(trial.generator)

    run.__doc__ = check.promise
    run.__dict__.update(name=str(check), remedy=check.remedy)
    return run


PROVIDER_CHECKS = (
    metadata_are_honest,
    loading_prints_nothing,
    *(_on_the_provider(check) for check in generator_checks()),
)


@remedy("look for the keys or the first bytes of your own format; return False for anything else")
def strangers_are_not_claimed(family: GeneratorFamily) -> None:
    """`can_read` says no, and raises nothing, for files of other kinds."""
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "an empty file": b"",
            "a text": b"not weights\n",
            "zeros": bytes(4096),
            "the head of an archive": b"PK\x03\x04" + bytes(64),
        }
        for what, content in files.items():
            path = Path(folder) / "file.pt"
            path.write_bytes(content)
            assert family.can_read(path) is False, f"it claims {what}"
        path = write_tiny_generator(Path(folder) / "tiny.safetensors")
        assert family.can_read(path) is False, "it claims a StyleGAN2 of dynode's own layout"


@remedy("give the class a summary of one line")
def a_family_has_a_summary(family: GeneratorFamily) -> None:
    """There is a summary of one line."""
    assert family.summary.strip() and "\n" not in family.summary, "no summary of one line"


FAMILY_CHECKS = (strangers_are_not_claimed, a_family_has_a_summary)


@remedy("choose another name: `dynode` has a command of that name")
def a_command_hides_no_other(command: click.Command) -> None:
    """Its name is none of dynode's own commands; one of two words is in a group of dynode's."""
    from dynode.cli.root import COMMANDS, own_command

    group, _, name = str(command.name).partition(" ")
    if not name:
        assert group not in COMMANDS, f"dynode has a command {group!r}"
        return
    known = getattr(own_command(group), "commands", None) if group in COMMANDS else None
    assert known is not None, f"dynode has no group of commands {group!r}"
    assert name not in known, f"dynode has a command '{group} {name}'"


@remedy("write a docstring: its first line is what `dynode --help` shows")
def a_command_has_help(command: click.Command) -> None:
    """The command, its subcommands and all their options have a help text."""
    context = click.Context(command)
    assert command.get_short_help_str().strip(), f"{command.name} has no help"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, f"{command.name} {parameter.opts[0]} has no help"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, f"{command.name} {name} is listed and not there"
            a_command_has_help(child)


COMMAND_CHECKS = (a_command_hides_no_other, a_command_has_help)
