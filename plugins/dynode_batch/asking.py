"""The public call of batches: what was asked for, checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dynode
from dynode import plugins
from dynode.errors import OptionError, OutputExistsError, UnknownNameError
from dynode.generator import arithmetic
from dynode.options import build_options, specs_of
from dynode.plugins import Progress, silent
from dynode_batch.driver import Backend, Plan, Report, run_batch
from dynode_batch.listing import read_list
from dynode_batch.row import Job, Outcome, Row

_OF_THIS_MACHINE = {"DYNODE_PRECISION": "--precision", "DYNODE_COMPILE": "--compile"}
KINDS = ("edit", "invert", "score", "animate")
_COLUMNS = {
    "edit": ("direction", "strength", "seed"),
    "invert": ("seed",),
    "score": (),
    "animate": ("direction", "strength", "seed"),
}


@dataclass(frozen=True)
class Running:
    """How a batch is run, whatever it does.

    Attributes:
        workers: Processes of one thread each; None for one a core, or for what a cluster has room for.
        cluster: `auto` or HOST:PORT of a Ray cluster whose machines share the folders; None for this machine.
        gpus_per_worker: GPUs of a worker of the cluster, parts of one allowed.
        shards: Rows a WebDataset shard; None leaves single files.
        skip_duplicates: Of rows that would give the same, keep the first.
        ignore_columns: Columns of the list to pass over, separated by commas.
        force: Replace a `.parquet` that exists.
    """

    workers: int | None = None
    cluster: str | None = None
    gpus_per_worker: float | None = None
    shards: int | None = None
    skip_duplicates: bool = False
    ignore_columns: str = ""
    force: bool = False


def batch(
    kind: str,
    listed: str | Path,
    output: str | Path,
    *,
    generator: str | Path | None = None,
    device: str | None = None,
    method: Mapping[str, Any] | None = None,
    running: Running | None = None,
    progress: Progress = silent,
    **settings: Any,  # keywords of dynode.edit, invert or animate, the same for every row
) -> Report:
    """Do the same to every row of a list, and go on where an earlier call stopped.

    Args:
        kind: `edit`, `invert`, `score` or `animate`.
        listed: A folder, archive, URI or manifest, see `read_list`.
        output: Folder, or `.parquet` for codes and scores.
        generator: Name or checkpoint file; None for the bundled one.
        device: Where to compute.
        method: Options of the direction method, by name.
        running: How it is run.
        progress: Called after every row.
        **settings: Keywords of the call for one row, such as `directions`, `strength` or `seed`.

    Raises:
        DynodeError: Options contradict each other; see also `run_batch` and `read_list`.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of batch", kind, KINDS)
    how = running or Running()
    shared = _DEFAULTS[kind] | {
        name: value for name, value in settings.items() if value is not None
    }
    name = None if generator is None else str(generator)
    job = Job(kind, Path(output), name, device, shared, dict(method or {}))
    rows, plan = _planned(job, listed, how)
    drawing, fingerprint = _what_works(plan.job)
    return run_batch(rows, plan, drawing, fingerprint, progress=progress)


def _planned(job: Job, listed: str | Path, how: Running) -> tuple[list[Row], Plan]:
    """Read the list, and decide where outputs go and who works.

    Args:
        job: What is done; its folder is what was given as output.
        listed: The list.
        how: How it is run.
    """
    table = _table(job.kind, job.folder, how.shards, force=how.force)
    rows, told = _rows(job.kind, listed, job.settings, job.method, how)
    folder = Path(f"{table}.rows") if table else job.folder
    ready = replace(job, folder=folder.absolute(), in_table=table is not None)
    backend, spread = _backend(how)
    is_long = job.kind == "edit"
    told |= spread
    return rows, Plan(ready, backend, told, how.shards, table, how.skip_duplicates, is_long)


def _rows(
    kind: str,
    listed: str | Path,
    settings: Mapping[str, Any],
    method: Mapping[str, Any],
    how: Running,
) -> tuple[list[Row], dict[str, Any]]:
    """Read the list, and name the files of a folder that are not in it."""
    columns = [*_COLUMNS[kind], *_method_columns(settings.get("plugin"), method)]
    ignored = [name.strip() for name in how.ignore_columns.split(",") if name.strip()]
    rows, left_out = read_list(listed, columns, ignored=ignored)
    _check_edit(kind, settings, rows)
    return rows, {"left_out_files": left_out}


_DEFAULTS: dict[str, dict[str, Any]] = {
    "edit": {"plugin": None, "directions": (), "strength": 1.0, "seed": 0},
    "invert": {"seed": 0},
    "score": {"scorer": None},
    "animate": {
        "motion": "smile",
        "strength": 1.0,
        "frames": 100,
        "fps": 25.0,
        "ease": "smooth",
        "boomerang": False,
        "seed": 0,
    },
}


def _table(kind: str, target: Path, shards: int | None, *, force: bool) -> Path | None:
    if target.suffix.lower() != ".parquet":
        return None
    if kind not in ("invert", "score"):
        raise OptionError(
            f"-o {target.name} is a table, and {kind} writes pictures or clips; give a folder, with "
            f"--shards 1000 for WebDataset shards"
        )
    if shards:
        raise OptionError(f"--shards does not apply to {target.name}, a single table; leave it out")
    if target.exists() and not Path(f"{target}.rows").exists() and not force:
        raise OutputExistsError(
            f"{target} exists already; nothing was changed: choose another name with -o or add --force"
        )
    from dynode_batch.table import parquet

    parquet()
    return target


def _method_columns(plugin: str | None, method: Mapping[str, Any]) -> list[str]:
    """Name the options of a method; those that are given are checked, the others may be columns."""
    if plugin is None:
        return []
    options = plugins.registry().directions[plugin].options
    known = [spec.name for spec in specs_of(options)]
    for name in method:
        if name not in known:
            raise UnknownNameError(f"option of {plugin}", name, known)
    required = {spec.name for spec in specs_of(options) if spec.name not in method}
    if not required & {"text"}:
        build_options(options, method, owner=plugin)
    return known


def _check_edit(kind: str, settings: Mapping[str, Any], rows: Sequence[Row]) -> None:
    if kind != "edit" or settings["plugin"] or settings["directions"]:
        return
    if not any("direction" in row.options for row in rows):
        raise OptionError(
            "nothing says how to edit; add --direction NAME, --plugin NAME, or a column 'direction'"
        )


def _backend(how: Running) -> tuple[Backend, dict[str, Any]]:
    if how.cluster is not None:
        return _of_cluster(how, how.cluster)
    if how.gpus_per_worker is not None:
        raise OptionError(
            "--gpus-per-worker applies to workers of a cluster; add --cluster auto, or choose with --device"
        )
    from dynode_batch.pool import run_pool

    count = how.workers or _cores()

    def run_here(job: Job, rows: Sequence[Row]) -> Iterator[Outcome]:
        return run_pool(job, rows, min(count, len(rows)))

    return run_here, {"backend": "local", "workers": count}


def _of_cluster(how: Running, address: str) -> tuple[Backend, dict[str, Any]]:
    asked = [name for name in _OF_THIS_MACHINE if os.environ.get(name)]
    if asked:
        raise OptionError(
            f"{_OF_THIS_MACHINE[asked[0]]} reaches processes of this machine, not those of a cluster; leave "
            f"--cluster or it out, or set {asked[0]} on its machines"
        )
    from dynode_batch.cluster import Cluster
    from dynode_batch.ray_pool import run_ray

    cluster = Cluster(address, how.gpus_per_worker or 0.0, cores=how.workers or _cores())
    cluster.check()

    def run_there(job: Job, rows: Sequence[Row]) -> Iterator[Outcome]:
        return run_ray(job, rows, cluster, how.workers, job.folder)

    return run_there, {"backend": "ray", "cluster": cluster.named or "of this machine"}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _what_works(job: Job) -> tuple[Any, str]:
    """Load what draws, or name what scores, so that a batch fails before it begins."""
    if job.kind == "score":
        from dynode_batch.work import find_scorer

        scorer = find_scorer(job.settings["scorer"])
        owner = plugins.registry().scorers.owner_of(scorer.name)
        return None, f"{scorer.name} of {owner}"
    drawing = dynode.load_generator(job.generator, device=job.device)
    fingerprint, told = drawing.info.fingerprint, arithmetic(drawing)
    return drawing, fingerprint if told == str(drawing.dtype) else f"{fingerprint}, {told}"
