"""Figures of pairs of pictures: how alike, who, and what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from dynode import Measurement
from dynode.errors import OptionError, UsageError
from dynode.plugins import ScorerModel, TextImageModel
from dynode_metrics.detector import Detector

_MOST_PSNR = 100.0
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_KERNEL = 11


class PairMeasurement(Measurement):
    """The mean over pairs of figures that each pair has.

    Args:
        names: Names of the figures.
        compare: Features of A and of B, (n, …) each, to figures (n, len(names)).
        describe: Turns pictures into features.
        spec: See `Measurement`.
        cache_key: See `Measurement`.
    """

    def __init__(
        self,
        names: Sequence[str],
        compare: Callable[[Tensor, Tensor], Tensor],
        *,
        describe: Callable[[Tensor], Tensor] | None = None,
        spec: Mapping[str, str],
        cache_key: str = "",
    ) -> None:
        self._names, self._compare, self._describe = tuple(names), compare, describe
        self.spec, self.cache_key = dict(spec), cache_key
        self._sum = torch.zeros(len(self._names), dtype=torch.float64)
        self._count = 0

    def features(self, items: Tensor) -> Tensor:
        """See `Measurement.features`."""
        if self._describe is None:
            return items
        with torch.inference_mode():
            return self._describe(items).float().cpu()

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None and b is not None
        with torch.inference_mode():
            found = self._compare(a, b).double().reshape(len(a), -1).cpu()
        self._sum += found.sum(0)
        self._count += len(a)

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        return dict(zip(self._names, (self._sum / self._count).tolist(), strict=True))


def psnr(a: Tensor, b: Tensor) -> Tensor:
    """Measure the peak signal-to-noise ratio (n,) in dB of pictures in [-1, 1]; of equal ones 100."""
    error = (a.double() - b.double()).square().flatten(1).mean(1)
    return (10 * torch.log10(4.0 / error)).clamp(max=_MOST_PSNR)


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Measure the structural similarity (n,) by `piq`; 1 for equal pictures."""
    found: Tensor = _piq().ssim(
        *_unit(a, b), data_range=1.0, reduction="none", kernel_size=_KERNEL, downsample=False
    )
    return found


def ms_ssim(a: Tensor, b: Tensor, *, scales: int) -> Tensor:
    """Measure the structural similarity over several scales (n,) by `piq`.

    Raises:
        OptionError: The pictures are too small for so many scales.
    """
    needed = (_KERNEL - 1) * 2 ** (scales - 1) + 1
    if min(a.shape[-2:]) < needed:
        raise OptionError(
            f"ms-ssim at {scales} scales needs pictures of {needed} pixels, these have "
            f"{min(a.shape[-2:])}; take fewer with --scales, and compare only figures of as many"
        )
    weights = torch.tensor(_SCALE_WEIGHTS[:scales])
    found: Tensor = _piq().multi_scale_ssim(
        *_unit(a, b),
        data_range=1.0,
        reduction="none",
        kernel_size=_KERNEL,
        scale_weights=weights / weights.sum(),
    )
    return found


def _unit(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return (a.clamp(-1, 1) + 1) / 2, (b.clamp(-1, 1) + 1) / 2


def _piq() -> Any:  # the package has no types
    try:
        import piq
    except ImportError as error:
        raise UsageError(
            "SSIM needs the package piq; install it with pip install 'dynode-gan[metrics]'"
        ) from error
    return piq


def check_piq() -> None:
    """Say at once if `piq` is missing.

    Raises:
        UsageError: It is.
    """
    _piq()


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Compare features (n, d) by their cosine (n,)."""
    return torch.nn.functional.cosine_similarity(a, b, dim=-1)


def identity_measurement(detector: Detector) -> PairMeasurement:
    """Compare who is in the pictures: cosine of the embeddings."""
    return PairMeasurement(
        ["identity"], cosine, describe=detector.embed, spec=detector.spec, cache_key=detector.key
    )


def attribute_measurement(model: ScorerModel, spec: Mapping[str, str]) -> PairMeasurement:
    """Tell how far each attribute moved from B to A, in its standard deviations, and all together."""
    deviations = torch.tensor(model.deviations)

    def compare(a: Tensor, b: Tensor) -> Tensor:
        moved = (a - b) / deviations
        return torch.cat([moved.abs().mean(1, keepdim=True), moved], dim=1)

    names = ["change", *model.attributes]
    return PairMeasurement(
        names, compare, describe=model.score, spec=spec, cache_key=f"scores {sorted(spec.items())}"
    )


def clip_direction_measurement(
    model: TextImageModel,
    embed: Callable[[Tensor], Tensor],
    spec: Mapping[str, str],
    *,
    texts: list[str],
) -> PairMeasurement:
    """Compare the way from B to A in CLIP's space with the way between two texts, by cosine.

    Source:
        Gal et al. 2021, StyleGAN-NADA, arXiv:2108.00946 (the direction, as a measure of edits).
    """
    wanted, neutral = model.encode_texts(texts).detach().cpu()
    direction = (wanted - neutral)[None]

    def compare(a: Tensor, b: Tensor) -> Tensor:
        return cosine(a - b, direction.to(a.dtype))

    return PairMeasurement(
        ["clip-direction"], compare, describe=embed, spec=spec, cache_key=f"{sorted(spec.items())}"
    )
