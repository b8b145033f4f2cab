"""`dynode train`: fit the models that dynode uses to your own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynode.cli import console
from dynode.cli.clip_options import CHECK, say_trajectory
from dynode.cli.generator_training import RUN_FOLDER, generator_command
from dynode.cli.method_options import click_options, split_method_options
from dynode.cli.queueing import PRINT_SBATCH, check_processes, is_first_process, queue_script
from dynode.dynamics.settings import FitOptions
from dynode.errors import UnknownNameError
from dynode.options import build_options, specs_of
from dynode.plugins.trainable import Trainable, TrainableGenerator


class _Trainers(click.Group):
    """Offers the networks of every plugin that can be trained, beside its own commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_trainable()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in _trainable():
            return own
        method = _trainable()[cmd_name]
        if isinstance(method, TrainableGenerator):
            return generator_command(method)
        return _training_command(method)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownNameError("model to train", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _trainable() -> dict[str, Trainable | TrainableGenerator]:
    from dynode.pipeline.training import trainable

    return trainable()


@click.group(cls=_Trainers)
def train() -> None:
    """Fit models to your own data."""


class _OdeCommand(click.Command):
    """Takes the options of a fit as flags."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        own = super().get_params(ctx)
        return [*own[:1], *click_options(FitOptions), *own[1:]]


@train.command(cls=_OdeCommand)
@click.argument("latents", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--times", type=click.Path(path_type=Path), help="Frame times, one a line; else 0, 1, 2, …"
)
@CHECK
@console.SEED
@console.output_option("Trajectory to write [default: NAME.trajectory.safetensors].")
@console.FORCE
@console.JSON
def ode(
    latents: Path,
    times: Path | None,
    check: bool | None,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
    **fit_options: Any,  # the fields of FitOptions
) -> None:
    """Fit a trajectory to the codes of a clip, and say how good it is.

    LATENTS is a latents file, or an array (frames, layers, width) as .npy, .npz, .pt or .pth.

    \b
    Try:     dynode train ode codes.npz -o clip.trajectory.safetensors
    Python:  dynode.fit_trajectory(latents).save("clip.trajectory.safetensors")
    """
    from dynode import files
    from dynode.pipeline.applying import refuse_what_does_not_apply

    given = split_method_options(fit_options)
    refuse_what_does_not_apply("train ode", given)
    options = build_options(FitOptions, given, owner="train ode")
    target = output or Path(latents.stem + ".trajectory.safetensors")
    files.check_free(target, force=force)

    from dynode.dynamics.report import measure, timed_fit
    from dynode.pipeline.codes import read_codes, read_times

    codes = read_codes(latents, must_be_codes=True)
    when = read_times(times) if times else None
    with console.progress_bar("fitting") as progress:
        fitted, seconds = timed_fit(codes, when, options=options, seed=seed, progress=progress)
        fitted.save(target)
        report = measure(
            fitted, fit_s=seconds, check=check is not False, seed=seed, progress=progress
        )
    if as_json:
        console.print_json({"output": str(target), "seed": seed} | report.document())
    else:
        say_trajectory(report)
        console.tell(str(target))


_DATA = click.option(
    "--data",
    default="sampled",
    show_default=True,
    metavar="sampled|FOLDER|ZIP",
    help="Pictures to train on: what the generator draws, or your own.",
)


def _training_command(method: Trainable) -> click.Command:
    """Make the command that trains a plugin's network, with its options as flags."""
    name = method.training

    @console.NAMED_GENERATOR
    @_DATA
    @RUN_FOLDER
    @PRINT_SBATCH
    @console.DEVICE
    @console.SEED
    @console.output_option("Weights file to write [default: NAME.safetensors].")
    @console.FORCE
    @console.JSON
    def run(run_folder: Path | None, print_sbatch: bool, as_json: bool, **given: Any) -> None:
        folder = run_folder or Path("runs") / name
        if print_sbatch:
            console.tell(_queue_script(method, folder, given))
            return
        check_processes(method.shares_processes, f"train {name}")
        seed, target = _trained(name, folder, given)
        if not is_first_process():
            return
        if as_json:
            console.print_json({"output": str(target), "seed": seed, "run_folder": str(folder)})
        else:
            console.tell(str(target))

    own_params = getattr(run, "__click_params__", [])[::-1]
    params = [*click_options(method.training_options), *own_params]
    return click.Command(name, callback=run, params=params, help=_training_help(method))


def _queue_script(method: Trainable, folder: Path, given: dict[str, Any]) -> str:
    shared = ("generator", "data", "output", "seed", "device", "force")
    flags = {"run-folder": folder} | {key: given.pop(key) for key in shared}
    words = ("train", method.training)
    return queue_script(words, method.shares_processes, flags, split_method_options(given))


def _trained(name: str, folder: Path, given: dict[str, Any]) -> tuple[int, Path]:
    """Train with the flags of the command and the method's own, and return the seed and the file."""
    from dynode.pipeline.training import train as train_network

    shared = {key: given.pop(key) for key in ("generator", "data", "seed", "device", "force")}
    with console.progress_bar(f"training {name}") as progress:
        target = train_network(
            name,
            shared.pop("generator"),
            given.pop("output"),
            folder=folder,
            progress=progress,
            **shared,
            **split_method_options(given),
        )
    return shared["seed"], target


def _training_help(method: Trainable) -> str:
    name = method.training
    needed = "".join(f", {s.name}='…'" for s in specs_of(method.training_options) if s.required)
    return (
        f"{method.training_summary or f'Train {name}'}; a stopped run goes on where it was.\n\n"
        f"\b\nTry:     dynode train {name} --data sampled -o {name}.safetensors\n"
        f"Python:  dynode.train({name!r}, data='sampled'{needed})"
    )
