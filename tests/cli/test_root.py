"""What every command has in common: help, exit codes, one line an error, outputs apart."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import dynode
from dynode import plugins
from dynode.cli import root
from dynode.testing import run_command


def commands() -> Iterator[list[str]]:
    """Every command, subcommands included, as one would type it."""

    def below(path: list[str], command: click.Command) -> Iterator[list[str]]:
        parts = getattr(command, "commands", {})
        if not parts:
            yield path
        for name, part in parts.items():
            yield from below([*path, name], part)

    for name in root.COMMANDS:
        yield from below([name], root.own_command(name))


COMMANDS = list(commands())


def assert_one_line(stderr: str, start: str = "error: ") -> None:
    """Check that an error is one line and no traceback."""
    assert stderr.startswith(start)
    assert stderr.count("\n") == 1 and stderr.endswith("\n")
    assert "Traceback" not in stderr


# Help


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_gives_a_line_to_paste_before_the_options(path: list[str]) -> None:
    result = run_command([*path, "--help"])

    before_options = result.stdout.split("\nOptions:")[0]
    (line,) = [line for line in before_options.splitlines() if "Try:" in line]
    words = shlex.split(line.split("Try:")[1])
    assert (result.exit_code, result.stderr) == (0, "")
    assert words[: len(path) + 1] == ["dynode", *path]
    assert "\\b" not in result.stdout


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_says_which_python_does_the_same(path: list[str]) -> None:
    stdout = run_command([*path, "--help"]).stdout

    assert len([line for line in stdout.splitlines() if line.strip().startswith("Python:")]) == 1


@pytest.mark.installed_plugins
def test_commands_of_plugins_have_the_same_lines() -> None:
    found = dict[str, str]()
    for command in plugins.registry().commands:
        if not isinstance(command, click.Group):
            name = str(command.name)
            found[name] = run_command([*name.split(), "--help"]).stdout.split("\nOptions:")[0]

    assert {"walk", "mix", "morph", "generators blend"} <= set(found)
    for name, told in found.items():
        assert f"Try:     dynode {name}" in told
        assert told.count("Python:  ") == 1


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_explains_every_option_in_a_sentence(path: list[str]) -> None:
    command: click.Command | None = root._root
    context = click.Context(root._root)
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(context, name)
    assert command is not None

    options = [p for p in command.get_params(context) if isinstance(p, click.Option)]

    assert [option.name for option in options if not (option.help or "").strip()] == []


def test_the_help_of_the_whole_names_every_command() -> None:
    result = run_command(["--help"])

    listed = result.stdout.split("Commands:")[1]
    assert result.exit_code == 0
    assert all(f"  {path[0]} " in listed for path in COMMANDS)
    assert "  Try:  dynode edit" in result.stdout


@pytest.mark.parametrize("path", [[], ["generators"]], ids=["dynode", "generators"])
def test_a_group_alone_shows_its_help_and_is_wrong_usage(path: list[str]) -> None:
    result = run_command(path)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == run_command([*path, "--help"]).stdout


def test_the_version_is_told() -> None:
    result = run_command(["--version"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.split()[-1] == dynode.__version__


# Names that are nearly right


@pytest.mark.usefixtures("brighten")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("edti", "unknown command 'edti'; did you mean 'edit'?"),
        ("sign", "unknown command 'sign'; did you mean 'sing'?"),
        ("edit --plugin brigten", "unknown direction method 'brigten'; did you mean 'brighten'?"),
        ("edit --plugin=brigten --help", "did you mean 'brighten'?"),
        ("edit --plugin brighten --txt x", "No such option '--txt'. (Did you mean one of: "),
        ("edit --plugin brighten --txt x", "'--text'"),
        ("edit --plugin brighten --sample 3", "'--samples'"),
        ("edit --outptu a.png", "Did you mean '--output'?"),
        ("plugins --jsn", "Did you mean '--json'?"),
        ("generators infos", "No such command 'infos'. Did you mean 'info'?"),
        ("generators info ffhq", "did you mean 'ffhq-1024'?"),
        (
            "generators fetch ffhq",
            "unknown published weights or set 'ffhq'; did you mean 'ffhq-1024'?",
        ),
        ("find brigten", "did you mean 'brighten'?"),
        ("generate --noise loud", "'loud' is not one of 'const', 'random', 'none'"),
    ],
)
def test_a_misspelt_name_is_wrong_usage_and_told_the_nearest(arguments: str, message: str) -> None:
    result = run_command(arguments.split())

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert_one_line(result.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["edit", "--seed", "-1"],
        ["edit", "--seed", "4294967296"],
        ["edit", "--seed", "x"],
        ["edit", "--strength", "nan"],
        ["edit", "--strength", "inf"],
        ["edit", "--fps", "0", "--sweep", "0:1:2"],
        ["edit", "--fps", "nan"],
        ["plugins", "check", "batch", "--limit", "nan"],
        ["edit", "--sweep", "0:1"],
        ["edit", "--sweep", "0:nan:3"],
        ["edit", "--sweep", "0:1:1"],
        ["edit", "--sweep", "0:1:99999"],
        ["edit", "--sweep"],
        ["edit", "-o", "."],
        ["edit", "-o", "a.xyz"],
        ["edit", "-o", "a.mp4"],
        ["edit", "--direction", "no-such-file"],
        ["edit", "--direction", "no-such-file:nan"],
        ["generate", "--seeds", ""],
        ["generate", "--seeds", "²"],
        ["generate", "--seeds", "5-3"],
        ["generate", "--seeds", "-3"],
        ["generate", "--seeds", "1-"],
        ["generate", "--seeds", "1,,2"],
        ["generate", "--seeds", "0-4294967295"],
        ["generate", "--seeds", "4294967296"],
        ["generate", "--seeds", "9" * 5000],
        ["generate", "--seeds", ",".join(["0-9999"] * 3)],
        ["generate", "--truncation", "nan"],
        ["generate", "--columns", "0"],
        ["generate", "--latents", "codes.bin"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_a_value_that_cannot_be_is_wrong_usage_before_any_work(
    folder: Path, arguments: list[str]
) -> None:
    # Without a generator: any work would end with exit code 3.
    result = run_command(arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr)
    assert list(folder.iterdir()) == []


# Exit codes


def test_missing_weights_have_their_own_exit_code(folder: Path) -> None:
    result = run_command(["generate"])

    assert (result.exit_code, result.stdout) == (3, "")
    assert_one_line(result.stderr, "error: no generator was named")


def test_a_wrong_device_is_a_failure(tiny: Path, folder: Path) -> None:
    result = run_command(["generate", "--generator", tiny, "--device", "gpu"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, "error: device 'gpu' is not available; this machine has ")


def test_a_wrong_device_in_the_environment_is_a_failure(
    tiny: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_DEVICE", "gpu")

    result = run_command(["generate", "--generator", tiny])

    assert result.exit_code == 1
    assert_one_line(result.stderr, "error: device 'gpu' is not available")
    assert list(folder.iterdir()) == []


def test_an_unknown_plugin_in_the_environment_is_wrong_usage(
    install: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("brighten", "")
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "brihgten")

    result = run_command(["plugins"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, "error: unknown plugin in DYNODE_LOAD_PLUGINS 'brihgten'; did")


@pytest.mark.usefixtures("brighten")
def test_an_interruption_has_its_own_exit_code_and_leaves_nothing(tiny: Path, folder: Path) -> None:
    arguments = ["edit", "--generator", tiny, "--plugin", "brighten", "--fail", "interrupt"]

    result = run_command(arguments)

    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.strip() == "error: interrupted; finished outputs are kept"
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("brighten")
@pytest.mark.parametrize(
    ("fail", "message"),
    [
        ("value", "error: ValueError: the first line the second line (in direction method"),
        ("os", "error: OSError: the first line the second line (in direction method"),
        ("key", "error: KeyError: 'the first line"),
        ("memory", "error: MemoryError: the first line"),
        ("assert", "error: AssertionError: the first line"),
    ],
)
def test_whatever_a_method_raises_is_one_line(
    tiny: Path, folder: Path, fail: str, message: str
) -> None:
    arguments = ["edit", "--generator", tiny, "--plugin", "brighten", "--fail", fail]

    result = run_command(arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, message)
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("brighten")
@pytest.mark.parametrize(
    ("arguments", "exit_code", "last_line"),
    [
        (["edit", "--plugin", "brighten", "--fail", "value"], 1, "error: ValueError: the first"),
        (["edit"], 2, "error: nothing to do"),
    ],
    ids=["a method's error", "an error of dynode"],
)
def test_debug_shows_the_traceback_and_the_line(
    tiny: Path, folder: Path, arguments: list[str], exit_code: int, last_line: str
) -> None:
    result = run_command(["--debug", *arguments, "--generator", tiny])

    assert result.exit_code == exit_code
    assert result.stderr.startswith("Traceback (most recent call last):")
    assert result.stderr.splitlines()[-1].startswith(last_line)


# Commands of plugins


@pytest.mark.usefixtures("brighten")
@pytest.mark.parametrize(
    ("arguments", "exit_code", "stdout"),
    [(["sing"], 0, "la\n"), (["sing", "--loud"], 5, "LA\n")],
    ids=["ends well", "says how it ended"],
)
def test_a_plugin_s_command_is_a_command(arguments: list[str], exit_code: int, stdout: str) -> None:
    result = run_command(arguments)

    assert (result.exit_code, result.stdout, result.stderr) == (exit_code, stdout, "")


@pytest.mark.usefixtures("brighten")
def test_a_plugin_s_command_is_listed_and_helps() -> None:
    assert "  sing " in run_command(["--help"]).stdout
    assert "  Try:  dynode sing --loud\n" in run_command(["sing", "--help"]).stdout


# The real process


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    environment = os.environ | {"DYNODE_LOAD_PLUGINS": ""}
    code = (
        "import sys; sys.argv = ['dynode', 'generators', 'list']; import dynode.cli as c; c.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()

    stderr = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=60) in (0, 1)
    assert "Traceback" not in stderr


def test_the_module_runs_as_the_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dynode", "--version"], capture_output=True, text=True, check=True
    )

    assert ran.stdout.split()[-1] == dynode.__version__


TERMINATED = """
import os, signal, sys
from pathlib import Path
from dynode import files
from dynode import plugins
from dynode.cli import root

def stop(arguments=None):
    with files.written(Path(sys.argv[1])) as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)

root._root.main = lambda *a, **k: stop()
root.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.robust(kind="K two at once", member="SIGTERM")
def test_a_terminated_command_cleans_up_as_an_interrupted_one(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"

    ended = subprocess.run(
        [sys.executable, "-c", TERMINATED, target], capture_output=True, text=True, timeout=120
    )

    assert ended.returncode == 143
    assert ended.stderr == "error: terminated; finished outputs are kept\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("chosen", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_wait_without_counting_unless_asked_to(chosen: str | None, expected: str) -> None:
    # With torch's default, the main job beside a load of about ten took 122 s instead of 25 s.
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    if chosen is not None:
        environment["OMP_WAIT_POLICY"] = chosen
    program = (
        "import atexit, os, sys; sys.argv = ['dynode', '--version']\n"
        "from dynode.cli import main; assert 'torch' not in sys.modules\n"
        "atexit.register(lambda: print(os.environ['OMP_WAIT_POLICY'])); main()"
    )

    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert shown.stdout.split()[-1] == expected
