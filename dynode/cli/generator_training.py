"""`dynode train NAME` of generators: on one process, on several, or as a script for a queue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from dynode.cli import console
from dynode.cli.method_options import click_options, split_method_options
from dynode.cli.queueing import PRINT_SBATCH, is_first_process, queue_script
from dynode.plugins.trainable import TrainableGenerator

RUN_FOLDER = click.option(
    "--run-folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where state and log are kept; a run in it is continued [default: runs/NAME].",
)
_DATA = click.option(
    "--data",
    required=True,
    metavar="FOLDER|ZIP",
    help="Data set to learn from; 'dynode data' makes and checks them.",
)
_FROM = click.option(
    "--from",
    "start",
    metavar="NAME|FILE",
    help="Generator to start from; random weights if absent.",
)
_METRICS = click.option(
    "--metrics",
    default="",
    metavar="NAMES",
    help="Metrics of every snapshot against the data, such as kid:weights=inception.pth,precision-recall.",
)
_METRICS_COUNT = click.option(
    "--metrics-count",
    type=click.IntRange(min=1),
    help="Items a side of these metrics; all of the data, and as many drawn, if absent.",
)


def generator_command(method: TrainableGenerator) -> click.Command:
    """Make the command that trains a generator, with its options as flags."""
    name = method.training

    @_DATA
    @_FROM
    @RUN_FOLDER
    @_METRICS
    @_METRICS_COUNT
    @PRINT_SBATCH
    @console.DEVICE
    @console.SEED
    @console.output_option("Generator to write [default: NAME.safetensors].")
    @console.FORCE
    @console.JSON
    def run(run_folder: Path | None, print_sbatch: bool, as_json: bool, **given: Any) -> None:
        folder = run_folder or Path("runs") / name
        if print_sbatch:
            console.tell(_queue_script(name, folder, given))
            return
        target = _trained(name, folder, given)
        if not is_first_process():
            return
        if as_json:
            shown = {"output": str(target), "seed": given["seed"], "run_folder": str(folder)}
            console.print_json(shown)
        else:
            console.tell(str(target))

    own = getattr(run, "__click_params__", [])[::-1]
    params = [*click_options(method.training_options), *own]
    return click.Command(name, callback=run, params=params, help=_help(method))


def _trained(name: str, folder: Path, given: Mapping[str, Any]) -> Path:
    from dynode.pipeline.training import train

    shared = ("output", "data", "start", "seed", "device", "force", "metrics_count")
    own = {key: value for key, value in given.items() if key not in (*shared, "metrics")}
    metrics = [text for text in given["metrics"].split(",") if text.strip()]
    with console.progress_bar(f"training {name}") as progress:
        return train(
            name,
            folder=folder,
            metrics=metrics,
            progress=progress,
            **{key: given[key] for key in shared},
            **split_method_options(own),
        )


def _queue_script(name: str, folder: Path, given: Mapping[str, Any]) -> str:
    flags = {"data": given["data"], "from": given["start"], "run-folder": folder}
    flags |= {name: given[name] for name in ("output", "seed", "force", "metrics", "metrics_count")}
    options = split_method_options({k: v for k, v in given.items() if k.startswith("method__")})
    return queue_script(("train", name), True, flags, options)


def _help(method: TrainableGenerator) -> str:
    name = method.training
    return (
        f"{method.training_summary or f'Train {name}'}; a stopped run goes on where it was.\n\n"
        "Several processes: torchrun --nproc-per-node 4 --no-python dynode train …\n\n"
        f"\b\nTry:     dynode train {name} --data data.zip -o {name}.safetensors\n"
        f"Python:  dynode.train({name!r}, data='data.zip')"
    )
