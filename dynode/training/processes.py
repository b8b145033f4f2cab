"""Several processes that train one network, each on its share of every batch.

Gradients are averaged after each backward pass by one sum over all of them. That is what
DistributedDataParallel does; its wrapper is left out because it counts one backward pass a forward
pass, and the discriminator is run on made and on real pictures, and once more for its penalty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from dynode.errors import OptionError


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
        if self.count == 1:
            return values
        total = values.detach().clone()
        dist.all_reduce(total)
        return total / self.count

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            dist.barrier()
