"""What anybody would do without a field: hold, linear, cubic."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from dynode.latents.latents import Latents

Baseline = Literal["hold", "linear", "cubic"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)


def interpolate_codes(w: Tensor, times: Tensor, wanted: Tensor, how: Baseline) -> Tensor:
    """Interpolate codes in time.

    Args:
        w: (n, num_layers, w_dim) at the observed times.
        times: (n,) increasing.
        wanted: (m,) any times; outside the observed ones `hold` and `linear` keep the end value and
            `cubic` goes on with the last polynomial.
        how: `hold` repeats the previous frame, `cubic` is the not-a-knot spline.

    Returns:
        (m, num_layers, w_dim).
    """
    if how == "cubic":
        return _cubic(w, times, wanted)
    before, after, amount = neighbours(times, wanted)
    if how == "hold":
        last = (
            torch.searchsorted(
                times.double().contiguous(), wanted.double().contiguous(), right=True
            )
            - 1
        )
        return w[last.clamp(0, len(w) - 1)]
    return torch.lerp(w[before], w[after], amount.to(w).reshape(-1, 1, 1))


def interpolate_latents(latents: Latents, times: Tensor, wanted: Tensor) -> Latents:
    """Interpolate codes and offsets linearly, keeping the end values outside."""
    before, after, amount = neighbours(times, wanted)
    return latents[before].lerp(latents[after], amount.to(latents.w))


def neighbours(times: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the frames before and after each wanted time and how far it lies between, 0 to 1."""
    times, wanted = (one.to(times.device).double().contiguous() for one in (times, wanted))
    after = torch.searchsorted(times, wanted, right=True).clamp(1, max(1, len(times) - 1))
    after = after.clamp_max(len(times) - 1)
    before = (after - 1).clamp_min(0)
    length = (times[after] - times[before]).clamp_min(1e-12)
    return before, after, ((wanted - times[before]) / length).clamp(0, 1)


def _cubic(w: Tensor, times: Tensor, wanted: Tensor) -> Tensor:
    from scipy.interpolate import CubicSpline

    flat = w.flatten(1).double().cpu().numpy()
    spline = CubicSpline(times.cpu().numpy(), flat)
    drawn = torch.from_numpy(spline(wanted.cpu().numpy())).to(w)
    return drawn.reshape(len(wanted), *w.shape[1:])
