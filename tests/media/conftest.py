"""What all tests of media have around them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _ordinary_priority() -> Iterator[None]:
    """Give back the real-time priority that SVT-AV1 takes, as root, for the thread that encodes.

    A worker that kept it would take both cores from everything else for the rest of its tests.
    """
    yield
    if hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
