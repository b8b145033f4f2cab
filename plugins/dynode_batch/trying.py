"""The per-item function of every backend: one row, tried three times, and its outcome."""

from __future__ import annotations

import time
from dataclasses import replace

from dynode.errors import DiskFullError, DynodeError
from dynode_batch.row import Outcome, Row, Worker

RETRIES = 2


def tried(worker: Worker, row: Row) -> Outcome:
    """Work on a row, and again where that fails.

    Args:
        worker: What works.
        row: The row.

    Returns:
        What became of it; whatever the row raised is in words there.
    """
    started = time.perf_counter()
    error, is_fatal = "", False
    for _ in range(1 + RETRIES):
        try:
            file, figures = worker.work(row)
        except DiskFullError as full:
            error, is_fatal = str(full), True
            break
        except Exception as failed:  # methods raise anything; a row is not the batch
            error = _in_words(failed)
        else:
            seconds = round(time.perf_counter() - started, 4)
            told = Outcome(row.number, row.id, row.source, file, dict(figures), seconds=seconds)
            return replace(told, retried=error)
    return Outcome(row.number, row.id, row.source, error=error, is_fatal=is_fatal)


def _in_words(error: Exception) -> str:
    told = " ".join(str(error).split())
    if isinstance(error, DynodeError):
        return told
    if _is_out_of_memory(error, told):
        return (
            f"out of memory ({told[:200] or 'no more said'}); fewer --workers, or a smaller picture"
        )
    return f"{type(error).__name__}: {told}".rstrip(": ")


def _is_out_of_memory(error: Exception, told: str) -> bool:
    """Whether memory was short; torch says so on processors in a RuntimeError's words alone."""
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or "DefaultCPUAllocator" in told
