"""Metrics of sets of pictures: FID, KID, the inception score, precision and recall, and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import dynode
from dynode import Measurement, Needs, Setting
from dynode.lazy import attribute_on_demand

if TYPE_CHECKING:
    from dynode_metrics.options import (
        DetectorOptions,
        FidOptions,
        FrechetOptions,
        KidOptions,
        ManifoldOptions,
        ScoreOptions,
    )


class Fid(dynode.Metric):
    """Fréchet distance of Inception's features.

    Source:
        Heusel et al. 2017, arXiv:1706.08500.
    """

    name = "fid"
    summary = "Fréchet inception distance of two sets of pictures (your file of weights)"
    options = attribute_on_demand("dynode_metrics.options:FidOptions")
    needs = Needs(fewest=2)

    def start(self, options: FidOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.frechet import Covariance, FrechetMeasurement
        from dynode_metrics.inception import load_inception

        found = load_inception(options.weights, setting, trust=options.trust, metric=self.name)
        convention = cast("Covariance", options.covariance)
        return FrechetMeasurement(
            found.embed, found.spec, found.key, name=self.name, covariance=convention
        )


class Kid(dynode.Metric):
    """Kernel distance of Inception's features.

    Source:
        Bińkowski et al. 2018, arXiv:1801.01401.
    """

    name = "kid"
    summary = "kernel inception distance of two sets of pictures, ×1000 (your file of weights)"
    options = attribute_on_demand("dynode_metrics.options:KidOptions")
    needs = Needs(fewest=2)

    def start(self, options: KidOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.inception import load_inception
        from dynode_metrics.kernels import KernelMeasurement

        found = load_inception(options.weights, setting, trust=options.trust, metric=self.name)
        return KernelMeasurement(
            found.embed, found.spec, found.key, subsets=options.subsets, size=options.subset_size
        )


class InceptionScore(dynode.Metric):
    """How sure Inception is of each picture, and of how many classes.

    Source:
        Salimans et al. 2016, arXiv:1606.03498.
    """

    name = "inception-score"
    summary = "inception score of one set of pictures (your file of weights)"
    options = attribute_on_demand("dynode_metrics.options:ScoreOptions")
    needs = Needs(reference=False, fewest=10)
    better = "higher"

    def start(self, options: ScoreOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.inception import load_inception
        from dynode_metrics.inception_score import InceptionMeasurement

        found = load_inception(
            options.weights,
            setting,
            trust=options.trust,
            metric=self.name,
            output="logits_unbiased",
        )
        return InceptionMeasurement(
            found.embed,
            found.spec,
            found.key,
            name=self.name,
            splits=options.splits,
            shuffled=False,
        )


class PrecisionRecall(dynode.Metric):
    """Precision, recall, density and coverage; B is the real side."""

    name = "precision-recall"
    summary = "precision, recall, density and coverage of A among B (extra 'metrics')"
    options = attribute_on_demand("dynode_metrics.options:ManifoldOptions")
    check_options: ClassVar = {"detector": "pixels"}
    needs = Needs(fewest=5)
    better = "higher"

    def start(self, options: ManifoldOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_detector
        from dynode_metrics.manifold import ManifoldMeasurement

        found = load_detector(options, setting, metric=self.name)
        return ManifoldMeasurement(found.embed, found.spec, found.key, nearest=options.nearest)


class Frechet(dynode.Metric):
    """Fréchet distance of the features of any detector."""

    name = "frechet"
    blind_to_order = True
    summary = "Fréchet distance of two sets of pictures, by any detector"
    options = attribute_on_demand("dynode_metrics.options:FrechetOptions")
    check_options: ClassVar = {"detector": "pixels"}
    needs = Needs(fewest=2)

    def start(self, options: FrechetOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_detector
        from dynode_metrics.frechet import Covariance, FrechetMeasurement

        found = load_detector(options, setting, metric=self.name)
        convention = cast("Covariance", options.covariance)
        return FrechetMeasurement(
            found.embed, found.spec, found.key, name=self.name, covariance=convention
        )


class Mmd(dynode.Metric):
    """Maximum mean discrepancy of the features of any detector, by JEDi's estimator.

    Source:
        Luo et al. 2024, arXiv:2410.05203 (the estimator).
    """

    name = "mmd"
    blind_to_order = True
    summary = "kernel distance of two sets of pictures, by any detector (JEDi's estimator)"
    options = attribute_on_demand("dynode_metrics.options:DetectorOptions")
    check_options: ClassVar = {"detector": "pixels"}
    needs = Needs(fewest=2)

    def start(self, options: DetectorOptions, setting: Setting) -> Measurement:
        """See `Metric.start`."""
        from dynode_metrics.detectors import load_detector
        from dynode_metrics.kernels import PolynomialMeasurement

        found = load_detector(options, setting, metric=self.name)
        return PolynomialMeasurement(found.embed, found.spec, found.key, name=self.name)


METRICS = (Fid, Kid, InceptionScore, PrecisionRecall, Frechet, Mmd)
