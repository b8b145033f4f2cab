"""Options of the training of generators of pictures."""

from __future__ import annotations

from dataclasses import dataclass

from dynode.options import option
from dynode_adversarial.options import AdversarialOptions


@dataclass(frozen=True)
class StillTrainingOptions(AdversarialOptions):
    """What shapes a generator of pictures."""

    mixing: float = option(
        0.9, help="Probability of mixing the styles of two codes.", min=0.0, max=1.0
    )
    mapping_layers: int = option(2, help="Layers of the mapping network.", min=1, max=16)
    freeze: str = option(
        "none",
        help="Parts of the generator that --from keeps: none, the mapping, or all that makes styles of z.",
        choices=("none", "mapping", "styles"),
    )
    rank: int = option(
        0,
        help="Train offsets of this rank of the convolutions of --from, and write them as a direction "
        "of it; 0 trains weights.",
        min=0,
        max=512,
    )
    called: str = option("", help="Name of the generator; empty for that of the file.")
