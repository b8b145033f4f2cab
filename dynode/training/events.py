"""Figures of a run as TensorBoard event files, beside its log."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.errors import OptionError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class EventFiles:
    """Writes every line of the log of a run as scalars that TensorBoard shows.

    A run that goes on begins another file, in which what was written of later steps is void.

    Args:
        folder: Where the files are written.

    Raises:
        OptionError: The package tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise OptionError(
                "--tensorboard needs the package tensorboard; pip install 'dynode-gan[tensorboard]', or "
                "leave it out: the log of the run holds the same figures"
            )
        self.folder = folder
        self._writer: SummaryWriter | None = None

    def write(self, figures: Mapping[str, float]) -> None:
        """Write the figures of a step, which is one of them."""
        from torch.utils.tensorboard import SummaryWriter

        step = int(figures["step"])
        if self._writer is None:
            self._writer = SummaryWriter(str(self.folder), purge_step=step)
        for name, value in figures.items():
            if name != "step":
                self._writer.add_scalar(name, value, step)
        self._writer.flush()
