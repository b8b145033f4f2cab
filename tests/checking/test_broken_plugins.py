"""Twelve mistakes, each caught with plugin, hook and remedy; none stops what is not broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynode.checking import Result, Verdict, check_plugin, child
from dynode.checking.finding import find_plugins
from dynode.testing import run_command, tiny_generator, write_tiny_generator

from .conftest import Site, method

BEFORE = "before register_directions"
LATENTS = "latents.w.add_(1)"

# What is broken, the check that finds it, the hook it names, a part of the message, of the remedy.
BROKEN = {
    "raises": (
        "raise OSError('no disk')\ndef register_directions(register): ...",
        ("loads", BEFORE, "OSError: no disk", "import the module by hand"),
    ),
    "argument": (
        method("argument").replace("(register)", "(registre)", 1),
        ("loads", "register_directions", "registre", "def register_directions(register):"),
    ),
    "duplicate": (
        method("whole"),
        ("loads", "register_directions", "'whole' of", "choose another name"),
    ),
    "mutates": (
        method("mutates", before=LATENTS),
        ("inputs-are-not-modified", "register_directions", "the codes it was", "work on copies"),
    ),
    "seedless": (
        method("seedless", seed="0"),
        ("another-seed-another-sample", "register_directions", "same samples", "pass `seed` on"),
    ),
    "misshapen": (
        method("misshapen", delta="delta[1:]"),
        ("find-gives-directions", "register_directions", "shape (5, 32)", "return a LinearDir"),
    ),
    "eighteen": (
        method("eighteen", delta="delta[:1].expand(18, -1)"),
        ("find-gives-directions", "register_directions", "shape (18, 32)", "return a LinearDir"),
    ),
    "leaks": (
        method("leaks", delta="delta.clone().requires_grad_() * 1"),
        ("no-gradient-is-left-behind", "register_directions", "a gradient", "detach"),
    ),
    "nan": (
        method("nan", delta="delta * float('nan')"),
        ("find-gives-directions", "register_directions", "not finite", "return a LinearDir"),
    ),
    "prints": (
        method("prints", before="print('hello')"),
        ("nothing-is-printed", "register_directions", "it printed 'hello", "to the log"),
    ),
    "missing": (
        "import no_such_module_at_all\ndef register_directions(register): ...",
        ("loads", BEFORE, "missing module 'no_such_module_at_all'", "`dependencies`"),
    ),
}
HANGS = method("hangs", before="import time; time.sleep(600)")


def verdict_in_process(site: Site, name: str, tmp_path: Path) -> Verdict:
    """What `check_plugin` finds, without a process for each mistake."""
    (candidate,) = find_plugins(name)
    told = json.dumps({"name": candidate.name, "module": candidate.module})
    child.main([str(tmp_path / "events"), told, candidate.distribution, json.dumps("whole")])
    lines = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    ended = [line for line in lines if line.pop("event") == "end"]
    return Verdict(name, candidate.distribution, tuple(Result(**line) for line in ended))


@pytest.mark.parametrize("name", BROKEN)
def test_each_mistake_is_caught_with_plugin_hook_and_remedy(
    site: Site, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, (check, hook, message, remedy) = BROKEN[name]
    site.install("whole", method("whole"))
    site.install(name, source)
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")

    verdict = verdict_in_process(site, name, tmp_path)

    failed = {result.check: result for result in verdict.of_status("failed")}
    found = failed["names-are-its-own" if name == "duplicate" else check]
    told = verdict.told(found)
    assert hook in told
    assert message.replace(" of", "") in told
    assert f"plugin {name!r} (dynode-{name} 1.0)" in told
    assert remedy in found.remedy


@pytest.mark.slow  # it waits
def test_a_plugin_that_hangs_is_caught_in_its_process(site: Site) -> None:
    site.install("hangs", HANGS)
    (candidate,) = find_plugins("hangs")

    verdict = check_plugin(candidate, limit_s=12)

    (found,) = verdict.of_status("failed")
    told = verdict.told(found)
    assert "plugin 'hangs' (dynode-hangs 1.0), register_directions 'hangs'" in told
    assert "no answer in 12 s" in told
    assert "remedy: end every loop" in told


def test_a_plugin_that_leaves_the_process_is_caught(site: Site) -> None:
    site.install("leaves", "import os\nos._exit(7)")
    (candidate,) = find_plugins("dynode_leaves")

    verdict = check_plugin(candidate)

    (found,) = verdict.results
    assert (found.check, found.status) == ("loads", "failed")
    assert "the process ended with code 7" in found.message


def test_editing_works_with_all_twelve_installed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, (source, _) in BROKEN.items():
        site.install(name, source)
    site.install("hangs", HANGS)
    site.install("fine", method("fine"))
    names = [*BROKEN, "hangs", "fine"]
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", ",".join(names))
    weights = write_tiny_generator(
        tmp_path / "tiny.safetensors", tiny_generator(16, w_dim=32, channels=8)
    )
    picture = tmp_path / "b.png"

    registry = site.load()
    result = run_command(
        ["edit", "--plugin", "fine", "--generator", weights, "--json", "-o", picture]
    )

    assert len([report for report in registry.reports if report.error]) == 3
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["output"] == str(picture)
    assert picture.stat().st_size > 0
