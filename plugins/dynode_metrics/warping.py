"""Warp error: what of the change between frames the motion of the original clip does not explain."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from dynode import Measurement
from dynode.errors import OptionError

_BLOCK_PX = 8
_OCCLUDED = 0.1


def warp_error(edited: Tensor, original: Tensor, *, reach_px: int = 7) -> tuple[float, float]:
    """Compare each frame with the next one, moved back by the motion of the original.

    The motion is that of blocks of 8 pixels, by whole pixels, found by exhaustive search in the original.
    Blocks that are not found there (mean absolute difference above 0.1) are taken for occluded, and the
    border of `reach_px` pixels is left out.

    Args:
        edited: (T, 3, h, w) in [-1, 1].
        original: Likewise.
        reach_px: Longest motion that is looked for, along each axis.

    Returns:
        Mean squared difference over the blocks that were found, of values in [0, 1], and their share.

    Raises:
        OptionError: The frames are too small.

    Source:
        Lai et al. 2018, Learning blind video temporal consistency, arXiv:1808.00449. Deviation: blocks
        are matched where the paper computes optical flow with FlowNet2, whose weights are not at hand.
    """
    _check_size(original, reach_px)
    best = errors = torch.zeros(0)
    for dy in range(2 * reach_px + 1):
        for dx in range(2 * reach_px + 1):
            place = (dy, dx)
            match = _blocks(original, place, reach_px, squared=False)
            error = _blocks(edited, place, reach_px, squared=True)
            if not best.numel():
                best, errors = match, error
                continue
            closer = match < best
            best, errors = torch.where(closer, match, best), torch.where(closer, error, errors)
    seen = best < _OCCLUDED
    share = float(seen.double().mean())
    return (float(errors[seen].double().mean()) / 4 if share else 0.0), share


def _check_size(original: Tensor, reach_px: int) -> None:
    height, width = original.shape[-2:]
    if min(height, width) < 2 * reach_px + _BLOCK_PX:
        raise OptionError(
            f"warp-error needs frames of {2 * reach_px + _BLOCK_PX} pixels at a reach of {reach_px}, these "
            f"are {width}x{height}; give larger ones, or a smaller --reach"
        )


def _blocks(clip: Tensor, place: tuple[int, int], reach_px: int, *, squared: bool) -> Tensor:
    """Compare frames with the next ones at an offset: a mean for each block."""
    height, width = (size - 2 * reach_px for size in clip.shape[-2:])
    here = clip[:-1, :, reach_px : reach_px + height, reach_px : reach_px + width]
    there = clip[1:, :, place[0] : place[0] + height, place[1] : place[1] + width]
    difference = here - there
    change = difference.square() if squared else difference.abs()
    return avg_pool2d(change.mean(1, keepdim=True), _BLOCK_PX)


class WarpMeasurement(Measurement):
    """The warp error of edited clips, with the motion of their originals."""

    def __init__(self, reach_px: int) -> None:
        self.spec = {"motion": f"blocks of {_BLOCK_PX} px, at most {reach_px} px, of the original"}
        self._reach = reach_px
        self._found: list[tuple[float, float]] = []

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None and b is not None
        for edited, original in zip(a, b, strict=True):
            self._found.append(warp_error(edited, original, reach_px=self._reach))

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        error, share = (sum(part) / len(part) for part in zip(*self._found, strict=True))
        return {"warp-error": error, "found": share}
