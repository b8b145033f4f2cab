"""Hooks of the metrics plugin; torch and the packages of the extra are imported when they measure."""

from __future__ import annotations

from collections.abc import Callable

import dynode
from dynode_metrics import clips, picture_pairs, pictures


@dynode.hookimpl
def register_metrics(register: Callable[[dynode.Metric], None]) -> None:
    """Contribute metrics of pictures, of pairs and of clips."""
    for metric in (*pictures.METRICS, *picture_pairs.METRICS, *clips.METRICS):
        register(metric())
