"""A script for a Slurm queue: trains on all devices of a node, and goes on when it is stopped."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SCRIPT = """#!/bin/bash
#SBATCH --job-name={job}
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={log}
#SBATCH --signal=B:USR1@120

# Two minutes before the time is over the job queues again; the run goes on from its last state.
requeue() {{
  kill -TERM "$training" 2>/dev/null
  wait "$training"
  scontrol requeue "$SLURM_JOB_ID"
  exit 0
}}
trap requeue USR1

srun torchrun --nnodes="$SLURM_JOB_NUM_NODES" \\
  --nproc-per-node="${{SLURM_GPUS_ON_NODE:-1}}" --rdzv-backend=c10d \\
  --rdzv-id="$SLURM_JOB_ID" --rdzv-endpoint="$(hostname):29500" \\
  --no-python {command} &
training=$!
wait "$training"
exit $?"""


def queue_script(name: str, folder: Path, flags: Mapping[str, Any]) -> str:
    """Write the script.

    Args:
        name: What is trained.
        folder: Of the run; the log of the queue lies in it.
        flags: Flags of `dynode train NAME` with their values; True for switches, None for absent ones.

    Returns:
        The script, whose exit code is that of the training.
    """
    words = ["dynode", "train", name]
    for flag, value in flags.items():
        spelt = flag.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{spelt}" if value else f"--no-{spelt}")
        elif value is not None:
            words += [f"--{spelt}", str(value)]
    command = " ".join(shlex.quote(word) for word in words)
    return _SCRIPT.format(job=f"dynode-{name}", log=f"{folder}/queue-%j.log", command=command)
