"""Options of a fit: they are the flags of `dynode train ode` and the keywords in Python."""

from __future__ import annotations

from dataclasses import dataclass

from dynode.options import option


@dataclass(frozen=True)
class FitOptions:
    """How a trajectory is fitted."""

    rank: int = option(32, help="Largest number of components of the dynamic space.", min=1)
    variance: float = option(
        0.999, help="Fraction of the variance the components must explain.", min=0.0, max=1.0
    )
    smoothing: str = option(
        "none",
        help="none passes through every observed code, auto takes them for noisy.",
        choices=("none", "auto"),
    )
    autonomous: bool = option(False, help="Leave time out of the field.")
    width: int = option(128, help="Width of the field's hidden layers.", min=4)
    depth: int = option(3, help="Linear layers of the field.", min=2, max=12)
    tube: float = option(
        0.3, help="Radius around the path on which the field is fitted.", unit="deviations", min=0.0
    )
    steps: int = option(500, help="Gradient-matching steps.", unit="steps a piece", min=1)
    shooting: int = option(
        100, help="Steps of multiple shooting where matching was not enough.", unit="steps", min=0
    )
    chunk: int = option(
        48, help="Frame intervals one field serves; the next begins where it ends.", min=2
    )
    published: bool = option(False, help="The released demo's field and training instead.")
    iterations: int = option(2000, help="Training iterations with --published.", min=1)
    exact: bool = option(
        False, help="With --published, the demo's solver tolerances; many times slower."
    )
