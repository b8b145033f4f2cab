"""A script for a Slurm queue: trains on all devices of a node, and goes on when it is stopped."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

_SCRIPT = """#!/bin/bash
#SBATCH --job-name={job}
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node={devices}
#SBATCH --cpus-per-task={cores}
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={job}-%j.log
#SBATCH --signal=B:USR1@120

# Two minutes before the time is over the job queues again; it goes on from its last state.
requeue() {{
  kill -TERM "$work" 2>/dev/null
  wait "$work"
  scontrol requeue "$SLURM_JOB_ID"
  exit 0
}}
trap requeue USR1

srun {command} &
work=$!
wait "$work"
exit $?"""
_TORCHRUN = """torchrun --nnodes="$SLURM_JOB_NUM_NODES" \\
  --nproc-per-node="${SLURM_GPUS_ON_NODE:-1}" --rdzv-backend=c10d \\
  --rdzv-id="$SLURM_JOB_ID" --rdzv-endpoint="$(hostname):29500" \\
  --no-python """


def queue_script(words: Sequence[str], flags: Mapping[str, Any], *, shares: bool = True) -> str:
    """Write the script.

    Args:
        words: The command without `dynode`, such as `("train", "e4e")`.
        flags: Its flags with their values; True for switches, None for absent ones.
        shares: Whether several processes share the work; one alone does it if not.

    Returns:
        The script, whose exit code is that of the command.
    """
    told = ["dynode", *words]
    for flag, value in flags.items():
        spelt = flag.replace("_", "-")
        if isinstance(value, bool):
            told.append(f"--{spelt}" if value else f"--no-{spelt}")
        elif value is not None:
            told += [f"--{spelt}", str(value)]
    command = " ".join(shlex.quote(word) for word in told)
    return _SCRIPT.format(
        job=f"dynode-{words[-1]}",
        devices=4 if shares else 1,
        cores=16 if shares else 4,
        command=(_TORCHRUN if shares else "") + command,
    )
