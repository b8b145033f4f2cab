"""Scripts for a queue, and what several processes are refused for."""

from __future__ import annotations

import subprocess

import pytest

from dynode.testing import run_command


@pytest.mark.installed_plugins
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train", "e4e"], "dynode train e4e --run-folder runs/e4e --data sampled --seed 0"),
        (["train", "restyle"], "dynode train restyle --run-folder runs/restyle"),
        (["train", "mapper", "--text", "a smile"], "--text 'a smile'"),
        (["find", "hessian", "--count", "4"], "dynode find hessian --seed 0 --count 4"),
        (["find", "svd-rectified"], "dynode find svd-rectified --seed 0"),
        (["find", "hessian-rectified", "-o", "there"], "hessian-rectified --output there --seed 0"),
    ],
    ids=["e4e", "restyle", "mapper", "hessian", "svd-rectified", "hessian-rectified"],
)
def test_a_script_shares_the_work_and_goes_on(words: list[str], told: str) -> None:
    run = run_command([*words, "--print-sbatch"])

    checked = subprocess.run(["bash", "-n"], input=run.stdout, text=True, capture_output=True)
    assert (run.exit_code, checked.returncode, checked.stderr) == (0, 0, "")
    assert f"--job-name=dynode-{words[1]}\n" in run.stdout
    assert "--requeue" in run.stdout
    assert told in run.stdout.split("--no-python ")[1].splitlines()[0]


@pytest.mark.installed_plugins
def test_what_does_not_share_its_work_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    script = run_command(["find", "sefa", "--print-sbatch"])
    monkeypatch.setenv("WORLD_SIZE", "2")
    refused = run_command(["find", "sefa"])

    assert "srun dynode find sefa" in script.stdout and "torchrun" not in script.stdout
    assert (refused.exit_code, refused.stderr) == (
        2,
        "error: find sefa computes in one process, and torchrun started 2; start it without torchrun\n",
    )
