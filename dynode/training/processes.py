"""Several processes that train one network, each on its share of every batch.

Gradients are averaged after each backward pass by one sum over all of them. That is what
DistributedDataParallel does; its wrapper is left out because it counts one backward pass a forward
pass, and the discriminator is run on made and on real pictures, and once more for its penalty.

Where one of them ends, the others end too, with one line between them. `torchrun` ends all it started on a
machine as soon as one is gone; on processors the connection tells it as well. A machine that falls silent is
noticed when torch's own patience is over (30 minutes).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

from dynode.errors import DeviceError, OptionError

_ASK_S = 5.0  # for the store of those that met
_LOST = "dynode/lost"


@dataclass(frozen=True)
class Processes:
    """This process among those that `torchrun` started.

    Attributes:
        rank: Number of this one.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @classmethod
    def join(cls, device: torch.device) -> Processes:
        """Meet the others; alone where `torchrun` did not start this process."""
        count = int(os.environ.get("WORLD_SIZE", "1"))
        if count == 1:
            return cls()
        if not dist.is_initialized():
            with _together():
                dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(dist.get_rank(), count)

    @property
    def is_first(self) -> bool:
        """Whether this one writes the files."""
        return self.rank == 0

    def items(self, batch: int, group: int) -> Sequence[int]:
        """Choose its share of a batch.

        Every n-th item, so that the groups of the minibatch statistic, which are strided as well,
        hold the same items whatever the number of processes.

        Args:
            batch: Items of the whole batch.
            group: Items of a group of the statistic.

        Raises:
            OptionError: The batch cannot be shared so.
        """
        if batch % (self.count * group):
            raise OptionError(
                f"--batch is {batch}; {self.count} processes with groups of {group} need a multiple of "
                f"{self.count * group}"
            )
        return range(self.rank, batch, self.count)

    def share(self, batch: int) -> slice:
        """Choose its share of a batch of independent items: every n-th of what all have drawn alike.

        Raises:
            OptionError: The batch cannot be shared so.
        """
        self.items(batch, 1)
        return slice(self.rank, batch, self.count)

    def gathered(self, values: Tensor) -> Tensor:
        """Put the shares (n, ...) of all processes together in the order of the whole batch."""
        if self.count == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.count)]
        with _together():
            dist.all_gather(parts, values.contiguous())
        return torch.stack(parts, 1).flatten(0, 1)

    def average_gradients(self, parameters: Iterable[nn.Parameter], *, mend: bool = True) -> None:
        """Replace gradients by their mean over all processes.

        Args:
            parameters: Whose gradients; all processes need those of the same ones.
            mend: Make a number of what is none.
        """
        gradients = [part.grad for part in parameters if part.grad is not None]
        if not gradients or (self.count == 1 and not mend):
            return
        if self.count == 1:
            for gradient in gradients:
                torch.nan_to_num_(gradient, nan=0.0, posinf=1e5, neginf=-1e5)
            return
        flat = self.mean(torch.cat([gradient.flatten() for gradient in gradients]))
        if mend:
            flat = torch.nan_to_num(flat, nan=0.0, posinf=1e5, neginf=-1e5)
        for gradient, part in zip(
            gradients, flat.split([one.numel() for one in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of a tensor over all processes."""
        return values if self.count == 1 else self.sum(values) / self.count

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes, the same bits in all of them.

        Raises:
            DeviceError: One of them is gone.
        """
        if self.count == 1:
            return values
        total = values.detach().clone()
        with _together():
            dist.all_reduce(total)
        return total

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            with _together():
                dist.barrier()


@contextlib.contextmanager
def _together() -> Iterator[None]:
    """Say in one line that another process is gone; torch's account is a page in each that is left."""
    try:
        yield
    except RuntimeError as error:
        if not _is_first_to_tell():
            raise SystemExit(DeviceError.exit_code) from error
        told = " ".join(str(error).split())[:120]
        raise DeviceError(
            f"another process of this training is gone, so all end ({told}); what was saved is kept: start "
            f"again to go on"
        ) from error


def _is_first_to_tell() -> bool:
    """Agree with the others that are left on who speaks, through the store at which all met."""
    place = os.environ.get("MASTER_ADDR", ""), int(os.environ.get("MASTER_PORT", "0"))
    rank = os.environ.get("RANK", "0")
    try:
        store = dist.TCPStore(  # type: ignore[attr-defined]  # torch exports it without saying so
            *place, is_master=False, timeout=timedelta(seconds=_ASK_S)
        )
        # Once a start: torchrun starts all of them again under another number, with the same store.
        key = f"{_LOST}/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
        told: bytes = store.compare_set(key, "", rank)
    except (RuntimeError, ValueError, OSError):
        return True  # the one that kept the store is gone
    return told.decode() == rank
