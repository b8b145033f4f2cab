"""Motion codes of an LSTM: sequential, so far times take long but no more memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

# Rows of noise that are read at a time.
_CHUNK = 4096


class RecurrentCodes(nn.LSTM):
    """A one-layer LSTM over noise, whose outputs are kept where they are asked for.

    Args:
        inputs: Width of a row of noise, label included.
        width: Width of a code.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(inputs, width, num_layers=1, batch_first=True)

    def at(self, points: Sequence[int], read: Callable[[int, int], Tensor]) -> Tensor:
        """Run from the first row to the last point.

        Args:
            points: Increasing indices.
            read: Gives rows (n, count, inputs) from an index on; the LSTM computes in their type.

        Returns:
            (n, points, width) outputs at the points.
        """
        state: tuple[Tensor, Tensor] | None = None
        kept, end = [], points[-1] + 1
        wanted = torch.tensor(list(points))
        for first in range(0, end, _CHUNK):
            count = min(_CHUNK, end - first)
            rows = read(first, count)
            weights = {name: part.to(rows) for name, part in self.named_parameters()}
            codes, state = functional_call(self, weights, (rows, state))
            here = wanted[(wanted >= first) & (wanted < first + count)] - first
            kept.append(codes[:, here.to(codes.device)])
        return torch.cat(kept, dim=1)
