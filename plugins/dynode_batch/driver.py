"""The driver of a batch: list, ids, what is done already, the backend, and the report."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode.errors import DiskFullError
from dynode.files import remove_unfinished, written
from dynode.plugins import Progress, silent
from dynode_batch.identity import Identifier, identified
from dynode_batch.journal import Journal
from dynode_batch.row import Job, Outcome, Row
from dynode_batch.sources import size_of

if TYPE_CHECKING:
    from dynode.generator import Generator

Backend = Callable[[Job, Sequence[Row]], Iterator[Outcome]]


@dataclass(frozen=True)
class Plan:
    """How a batch runs and what it leaves.

    Attributes:
        job: What is done to every row.
        backend: What spreads the rows over workers.
        told: What the report says about the backend.
        shards: Rows a WebDataset shard; None leaves single files.
        table: Parquet file to write instead of single files; the job's folder is then for the time being.
        skip_duplicates: Keep the first of rows of one id.
        long_first: Begin with the largest files, so that no long clip is left for the end.
    """

    job: Job
    backend: Backend
    told: dict[str, Any] = field(default_factory=dict)
    shards: int | None = None
    table: Path | None = None
    skip_duplicates: bool = False
    long_first: bool = False


@dataclass(frozen=True)
class Report:
    """What became of a batch.

    Attributes:
        document: The report, as JSON values.
        failures: Source and reason of rows that failed.
        output: The folder or the table.
    """

    document: dict[str, Any]
    failures: list[tuple[str, str]]
    output: Path


def run_batch(
    rows: Sequence[Row],
    plan: Plan,
    generator: Generator | None,
    fingerprint: str,
    *,
    progress: Progress = silent,
) -> Report:
    """Work on what is not done yet, and write table, failures, report and contact sheet.

    Guaranteed: a batch that was killed, at any moment, and is started again ends with the same outputs
    as one that was not; rows that were in work are done again, one a worker.

    Args:
        rows: See `read_list`.
        plan: How.
        generator: What draws codes for the contact sheet.
        fingerprint: Of generator or scorer.
        progress: Called after every row.

    Raises:
        DynodeError: The edit cannot be used, or two rows have one id, or the folder cannot be written.
        DiskFullError: There is no room; what is finished is kept.
    """
    usable, unusable, twice = identified(
        rows, Identifier(plan.job, fingerprint).id_of, skip_duplicates=plan.skip_duplicates
    )
    failed = [Outcome(row.number, row.id, row.source, error=row.error) for row in unusable]
    with Journal(plan.job.folder) as journal:
        document = _run(journal, plan, (len(rows), usable), failed, progress)
        document["left_out"] = {one.source: first.source for one, first in twice}
        document["finished"] = len(usable) + len(unusable) - len(failed)
        _leave(journal, plan, document, failed, generator)
    if plan.table and not failed:
        shutil.rmtree(plan.job.folder)
    failures = [(one.source, one.error) for one in failed]
    return Report(document, failures, plan.table or plan.job.folder)


def _run(
    journal: Journal,
    plan: Plan,
    listed: tuple[int, Sequence[Row]],
    failed: list[Outcome],
    progress: Progress,
) -> dict[str, Any]:
    """Do what is left, add to what failed, and describe it."""
    total, usable = listed
    left = [row for row in usable if row.id not in journal.done]
    if plan.long_first:
        left.sort(key=lambda row: -size_of(row.source))
    before, started = len(usable) - len(left), time.monotonic()
    retried = Counter[str]()
    failed += _work(journal, plan, left, (total, before + len(failed)), progress, retried)
    remove_unfinished(plan.job.folder)
    failed.sort(key=lambda one: one.number)
    journal.keep_order({row.id: row.number for row in usable})
    document = _document(plan, (total, before, len(left)), failed, time.monotonic() - started)
    return document | {"retried": dict(retried.most_common(20))}


def _document(
    plan: Plan, counts: tuple[int, int, int], failed: Sequence[Outcome], seconds: float
) -> dict[str, Any]:
    total, before, worked = counts
    return {
        "kind": plan.job.kind,
        "rows": total,
        "finished_before": before,
        "failed": len(failed),
        "seconds": round(seconds, 2),
        "rows_per_second": round(worked / max(seconds, 1e-9), 3),
        "reasons": dict(Counter(one.error for one in failed).most_common(20)),
    } | plan.told


def _work(
    journal: Journal,
    plan: Plan,
    rows: Sequence[Row],
    counts: tuple[int, int],
    progress: Progress,
    retried: Counter[str],
) -> list[Outcome]:
    """Run the backend; note what is finished and why it was tried again, and return what failed."""
    total, before = counts
    failed, started = list[Outcome](), time.monotonic()
    progress(before, total, "starting")
    for done, outcome in enumerate(plan.backend(plan.job, rows) if rows else (), 1):
        if outcome.is_fatal:
            raise DiskFullError(f"{outcome.error}; finished rows are kept: start again to go on")
        if outcome.error:
            failed.append(outcome)
        else:
            journal.add(outcome)
            retried.update([outcome.retried] if outcome.retried else [])
        speed = done / max(1e-9, time.monotonic() - started)
        progress(before + done, total, f"{speed:.2f} rows/s, {len(failed)} failed")
    return failed


def _leave(
    journal: Journal,
    plan: Plan,
    document: dict[str, Any],
    failed: Sequence[Outcome],
    generator: Generator | None,
) -> None:
    """Write everything that is about the batch as a whole."""
    from dynode_batch import shards, sheet, table

    folder = journal.folder
    beside = plan.table.with_suffix("") if plan.table else None
    places = {
        name: Path(f"{beside}.{name}") if beside else folder / name
        for name in ("report.json", "failures.jsonl", "sheet.png")
    }
    samples = list(_samples(journal, sheet.SAMPLES))
    sheet.write_sheet(samples, folder, places["sheet.png"], generator)
    if plan.table:
        table.write_parquet(journal, plan.table)
    else:
        table.write_csv(journal, folder / "table.csv")
    if plan.shards:
        document["shards"] = shards.pack(journal, plan.shards)
    with written(places["failures.jsonl"]) as temporary:
        lines = [
            json.dumps({"row": one.number, "source": one.source, "reason": one.error})
            for one in failed
        ]
        temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    with written(places["report.json"]) as temporary:
        temporary.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _samples(journal: Journal, most: int) -> Iterator[dict[str, Any]]:
    """Choose rows evenly over the list; those that are in shards already cannot be shown."""
    count = sum(1 for entry in journal.in_order() if not entry.get("shard"))
    step = max(1, -(-count // most))
    loose = (entry for entry in journal.in_order() if not entry.get("shard"))
    for place, entry in enumerate(loose):
        if place % step == 0:
            yield entry
