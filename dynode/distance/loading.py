"""Load a distance by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from dynode import plugins
from dynode.distance.distance import Distance, PixelDistance
from dynode.distance.scored import ScorerDistance
from dynode.errors import MissingWeightsError, UnknownNameError
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.models import weights_for

DISTANCES = ("scorer", "lpips", "lpips-alex", "pixels")


def load_distance(
    name: str,
    source: Generator | GeneratorInfo,
    *,
    weights: Path | None = None,
    scorer: str = "",
    device: torch.device | str = "cpu",
) -> Distance:
    """Load a distance of pictures.

    Args:
        name: `lpips` (VGG-16) or `lpips-alex`, learned on photographs, for which `weights` is needed;
            `scorer`, the features of the scorer that knows the generator's pictures; `pixels`, the
            mean squared difference; or one that a plugin registers, which is given `weights`.
        source: The generator, or its description, whose pictures are compared.
        weights: File with the backbone of LPIPS: torchvision's `vgg16` or `alexnet`.
        scorer: Scorer by name; that of the generator's domain if empty.
        device: Where it computes.

    Returns:
        An object with `features` and `distance`.

    Raises:
        UnknownNameError: There is no distance or scorer of that name.
        MissingWeightsError: LPIPS without `weights`, or no scorer knows the pictures.
        CheckpointError: The weights cannot be used.
    """
    others = plugins.registry().distances
    if name in others:
        return others[name].load(device, weights=weights)
    if name not in DISTANCES:
        raise UnknownNameError("distance", name, (*DISTANCES, *(other.name for other in others)))
    if name == "pixels":
        return PixelDistance()
    if name == "scorer":
        from dynode.scoring.choosing import find_scorer

        info = source if isinstance(source, GeneratorInfo) else source.info
        return ScorerDistance(find_scorer(info, scorer).load(device))
    return _load_lpips(name, weights, device)


def _load_lpips(name: str, weights: Path | None, device: torch.device | str) -> Distance:
    from dynode.distance.lpips import LpipsDistance

    backbone, file = ("alex", "alexnet") if name == "lpips-alex" else ("vgg", "vgg16")
    weights = weights or weights_for("backbone", "lpips-alex" if backbone == "alex" else "lpips")
    if weights is None:
        raise MissingWeightsError(
            f"the distance {name} needs the weights of its backbone, and none were given; expected "
            f"torchvision's {file} file; name it, run 'dynode models fetch {file}', or choose another "
            f"distance: scorer or pixels"
        )
    return LpipsDistance.load(Path(weights), backbone, device)  # type: ignore[arg-type]


def choose_distance(
    name: str,
    generator: Generator,
    *,
    weights: Path | None = None,
    lpips: Literal["lpips", "lpips-alex"] = "lpips",
) -> Distance | None:
    """Load the named distance, or with `auto` the best there is.

    Args:
        name: See `load_distance`; `auto` takes LPIPS where its weights are given, else the features of
            the scorer that knows the generator's pictures, else none.
        generator: Whose pictures are compared.
        weights: File with the backbone of LPIPS.
        lpips: Which LPIPS `auto` means.

    Returns:
        The distance, on the generator's device, or None.

    Raises:
        MissingWeightsError: The named distance needs a file.
        CheckpointError: The weights cannot be used.
    """
    device = generator.device
    if name != "auto" or weights is not None:
        chosen = lpips if name == "auto" else name
        return load_distance(chosen, generator, weights=weights, device=device)
    try:
        return load_distance("scorer", generator, device=device)
    except MissingWeightsError:
        return None
