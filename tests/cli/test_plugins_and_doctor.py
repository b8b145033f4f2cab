"""`dynode plugins` and `dynode doctor`: what is there, what failed, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from dynode.pipeline import health
from dynode.testing import run_command


def test_without_plugins_that_is_told() -> None:
    result = run_command(["plugins"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "no plugin is loaded (DYNODE_LOAD_PLUGINS may be empty)\n"


@pytest.mark.usefixtures("brighten")
def test_each_plugin_is_listed_with_what_it_brings() -> None:
    result = run_command(["plugins"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "brighten  (brighten 1.0)\n    direction method: brighten, needy, both\n    command: sing\n"
    )


def test_a_broken_plugin_is_listed_with_its_error_and_stops_nothing(
    install: Callable[[str, str], None],
) -> None:
    install("broken", "import no_such_module_at_all")

    result = run_command(["plugins"])

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == (
        "    FAILED  needs the missing module 'no_such_module_at_all'; install the package that "
        "brings it"
    )


@pytest.mark.usefixtures("brighten")
def test_json_is_one_document_with_stable_keys(install: Callable[[str, str], None]) -> None:
    install("broken", "raise ValueError('no')")

    result = run_command(["plugins", "--json"])

    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert {"plugins", "direction_methods", "inverters", "generators"} <= set(document)
    assert document["direction_methods"]["brighten"] == "lighten the whole picture"
    brighten, broken = document["plugins"]
    assert brighten == {
        "name": "brighten",
        "module": "dynode_brighten_of_test",
        "distribution": "brighten 1.0",
        "error": "",
        "provides": {
            "direction method": ["brighten", "needy", "both"],
            "command": ["sing"],
        },
    }
    assert broken["error"] == "ValueError: no"


# doctor


def test_a_healthy_machine_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_free_memory_gib", lambda: 8.0)

    result = run_command(["doctor"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert {line.split()[0] for line in result.stdout.splitlines()} == {"ok"}
    assert "ok   memory: 8.0 GiB available" in result.stdout


def test_what_is_wrong_is_told_with_what_to_do(
    install: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("broken", "raise ValueError('no')")
    monkeypatch.setattr(health, "_free_memory_gib", lambda: 0.5)
    monkeypatch.setenv("DYNODE_DEVICE", "gpu")

    result = run_command(["doctor"])

    lines = result.stdout.splitlines()
    bad = {
        lines[i].split(": ")[0]: lines[i + 1] for i in range(len(lines)) if lines[i][:3] == "BAD"
    }
    assert (result.exit_code, result.stderr) == (1, "")
    assert set(bad) == {"BAD  device", "BAD  memory", "BAD  plugin broken"}
    assert all(advice.startswith("     ") for advice in bad.values())
    assert "unset DYNODE_DEVICE or choose one of these" in bad["BAD  device"]


def test_an_unknown_plugin_in_the_environment_is_a_finding(
    install: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("brighten", "")
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "brihgten")

    result = run_command(["doctor"])

    assert result.exit_code == 1
    assert "BAD  plugins: unknown plugin in DYNODE_LOAD_PLUGINS 'brihgten'" in result.stdout


def test_json_names_every_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_free_memory_gib", lambda: None)

    result = run_command(["doctor", "--json"])

    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert {"python", "torch", "torchvision", "device", "memory", "cache", "plugins"} <= set(
        document
    )
    assert document["memory"] == {"ok": True, "found": "unknown on this system", "advice": ""}
