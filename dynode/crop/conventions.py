"""How generators want a face cut out: conventions as numbers, by name or in a checkpoint's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dynode.errors import OptionError


@dataclass(frozen=True)
class Convention:
    """The square around a face, from its eyes and its mouth.

    Attributes:
        eyes: Half the side, in distances between the eyes.
        mouth: Half the side, in distances from eyes to mouth; the larger of the two counts.
        down: From the eyes to the middle of the square, in distances from eyes to mouth.
        is_turned: The square turns with the face; otherwise its edges are those of the photograph.
    """

    eyes: float
    mouth: float
    down: float
    is_turned: bool = True


FFHQ = Convention(2.0, 1.8, 0.1)
"""Karras et al. 2019, StyleGAN, arXiv:1812.04948, as in the published e4e code."""

CONVENTIONS = {
    "ffhq": FFHQ,
    # Karras et al. 2021, StyleGAN3, arXiv:2106.12423 (FFHQ-U). Deviation: the square is that of FFHQ
    # without its turn; that data set also varies place and size.
    "ffhq-unaligned": Convention(2.0, 1.8, 0.1, is_turned=False),
}
_WORDS = re.compile(r"eyes=([\d.]+) mouth=([\d.]+) down=(-?[\d.]+)( upright)?")


def convention_of(crop: str) -> Convention | None:
    """Read the `crop` of a generator.

    Args:
        crop: A name of `CONVENTIONS`; numbers, as `eyes=2.3 mouth=2.4 down=0.06`, with ` upright` for
            squares that do not turn; or `none`.

    Returns:
        The convention; None for `none`.

    Raises:
        OptionError: It is something else.
    """
    if crop in ("none", ""):
        return None
    if crop in CONVENTIONS:
        return CONVENTIONS[crop]
    told = _WORDS.fullmatch(crop)
    if told is None:
        raise OptionError(
            f"the crop convention {crop[:60]!r} is not known; expected one of {', '.join(CONVENTIONS)}, "
            f"none, or numbers such as 'eyes=2.0 mouth=1.8 down=0.1'"
        )
    return Convention(float(told[1]), float(told[2]), float(told[3]), told[4] is None)
