"""The published learning-rate schedule."""

from __future__ import annotations

import math

_RAMP_UP = 0.05
_RAMP_DOWN = 0.25


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Return the rate of one step: a linear rise, a plateau, a cosine fall.

    Args:
        step: Step, counted from 0; its rate is 0.
        steps: Steps in all.
        peak: Rate of the plateau.

    Source:
        The schedule of the published StyleCLIP optimisation: 5 % up, 25 % down.
    """
    done = step / steps
    fall = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1.0 - done) / _RAMP_DOWN))
    return peak * fall * min(1.0, done / _RAMP_UP)
