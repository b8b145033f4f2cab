"""Metrics of pairs of pictures: an edit and its original, or a rendering and its target."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode import Measurement, Needs, Setting
from dynode.lazy import attribute_on_demand
from dynode.options import NoOptions

if TYPE_CHECKING:
    from dynode_metrics.options import (
        DetectorOptions,
        LpipsOptions,
        ScoresOptions,
        SimilarityOptions,
        TextOptions,
    )

_PAIRS = Needs(paired=True)


class Psnr(dynode.Metric):
    """Peak signal-to-noise ratio, mean over pairs."""

    name = "psnr"
    blind_to_order = True
    summary = "peak signal-to-noise ratio of pairs of pictures, dB"
    needs = _PAIRS
    better = "higher"

    def start(self, options: NoOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.pairs import PairMeasurement, psnr

        return PairMeasurement(["psnr"], psnr, spec={"range": "0 to 1; equal pictures are 100 dB"})


class Ssim(dynode.Metric):
    """Structural similarity.

    Source:
        Wang et al. 2004; by the package piq.
    """

    name = "ssim"
    blind_to_order = True
    summary = "structural similarity of pairs of pictures (extra 'metrics')"
    needs = _PAIRS
    better = "higher"

    def start(self, options: NoOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.pairs import PairMeasurement, check_piq, ssim

        check_piq()
        return PairMeasurement(["ssim"], ssim, spec={"window": "Gaussian of 11 px, RGB"})


class MsSsim(dynode.Metric):
    """Structural similarity over several scales.

    Source:
        Wang et al. 2003; by the package piq.
    """

    name = "ms-ssim"
    summary = "structural similarity over several scales (extra 'metrics')"
    options = attribute_on_demand("dynode_metrics.options:SimilarityOptions")
    check_options: ClassVar = {"scales": 2}
    needs = _PAIRS
    better = "higher"

    def start(self, options: SimilarityOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.pairs import PairMeasurement, check_piq, ms_ssim

        check_piq()
        return PairMeasurement(
            ["ms-ssim"],
            lambda a, b: ms_ssim(a, b, scales=options.scales),
            spec={"scales": str(options.scales), "window": "Gaussian of 11 px, RGB"},
        )


class Lpips(dynode.Metric):
    """Learned perceptual distance.

    Source:
        Zhang et al. 2018, arXiv:1801.03924.
    """

    name = "lpips"
    summary = "learned perceptual distance of pairs of pictures (your file of weights)"
    options = attribute_on_demand("dynode_metrics.options:LpipsOptions")
    needs = _PAIRS

    def start(self, options: LpipsOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode.errors import MissingWeightsError
        from dynode_metrics.perceptual import lpips_measurement

        if options.weights is None:
            file = "vgg16" if options.backbone == "vgg" else "alexnet"
            raise MissingWeightsError(
                f"lpips needs the weights of its backbone, and none were given; expected torchvision's "
                f"{file} file: get it from https://download.pytorch.org/models/ and give it with --weights"
            )
        return lpips_measurement(options.weights, options.backbone, setting)


class Identity(dynode.Metric):
    """Whether the same person is in both pictures: cosine of their embeddings."""

    name = "identity"
    summary = (
        "cosine of the embeddings of pairs: ArcFace from your file, or a scorer's hidden units"
    )
    options = attribute_on_demand("dynode_metrics.options:DetectorOptions")
    check_options: ClassVar = {"detector": "pixels"}
    needs = _PAIRS
    better = "higher"

    def start(self, options: DetectorOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_embedding
        from dynode_metrics.pairs import identity_measurement

        return identity_measurement(load_embedding(options, setting, metric=self.name))


class AttributeChange(dynode.Metric):
    """How far each attribute is from B to A, by a scorer, and the mean absolute change of all."""

    name = "attribute-change"
    summary = "change of every attribute from B to A, in standard deviations, by a scorer"
    options = attribute_on_demand("dynode_metrics.options:ScoresOptions")
    needs = _PAIRS
    better = ""

    def start(self, options: ScoresOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.following import load_readings
        from dynode_metrics.pairs import attribute_measurement

        model, told = load_readings(options.scorer, setting, metric=self.name)
        return attribute_measurement(model, {"attributes": told})


class ClipDirection(dynode.Metric):
    """Whether pairs differ as two texts do, in CLIP's space."""

    name = "clip-direction"
    summary = "cosine of the change of pairs with the change of two texts, by CLIP"
    options = attribute_on_demand("dynode_metrics.options:TextOptions")
    check_options: ClassVar = {"text": "smiling"}
    needs = _PAIRS
    better = "higher"

    def start(self, options: TextOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode.text import neutral_text
        from dynode_metrics.detectors import load_clip
        from dynode_metrics.pairs import clip_direction_measurement

        model, found = load_clip(setting, metric=self.name)
        texts = [options.text, neutral_text(setting.domain, options.neutral)]
        spec = {**found.spec, "texts": "{!r} against {!r}".format(*texts)}
        return clip_direction_measurement(model, found.embed, spec, texts=texts)


METRICS = (Psnr, Ssim, MsSsim, Lpips, Identity, AttributeChange, ClipDirection)
