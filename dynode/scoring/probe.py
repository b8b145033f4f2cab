"""From a table of labels to a scorer: a linear reading of small pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dynode.errors import OptionError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.scoring.labels import LabelTable

_SIDE_PX = 24
_FOLDS = 5
_PENALTIES = tuple(10.0**power for power in range(-2, 5))
_FEWEST = 20
_LOWEST_CORRELATION = 0.5


class ProbeScorer:
    """Predicts labels from pictures by ridge regression on their pixels at 24 × 24.

    Attributes:
        attributes: Columns of the table.
        deviations: Standard deviation of each label over the table.
        correlations: Correlation with labels that were held out, by attribute.
    """

    def __init__(
        self, table: LabelTable, weights: Tensor, mean: Tensor, correlations: tuple[float, ...]
    ) -> None:
        """Keep what `fit_probe` found; see there."""
        self.attributes: tuple[str, ...] = table.columns
        spread = table.values.std(0, unbiased=False).clamp(min=1e-12)
        self.deviations: tuple[float, ...] = tuple(spread.tolist())
        self.correlations = correlations
        self._weights, self._mean = weights, mean

    def score(self, images: Tensor) -> Tensor:
        """Predict the labels, (n, attributes), of pictures (n, 3, h, w) in [-1, 1]."""
        return (_features(images) - self._mean.to(images)) @ self._weights.to(images)


def _features(images: Tensor) -> Tensor:
    small = functional.interpolate(
        images, size=(_SIDE_PX, _SIDE_PX), mode="bilinear", antialias=True, align_corners=False
    )
    return small.flatten(1)


def fit_probe(generator: Generator, table: LabelTable, latents: Latents) -> ProbeScorer:
    """Fit a probe to labelled pictures.

    Args:
        generator: Draws them.
        table: Their labels.
        latents: Their codes, one a row of the table.

    Raises:
        OptionError: There are too few labels, or pixels do not tell an attribute.
    """
    if len(latents) < _FEWEST:
        raise OptionError(
            f"{table.path.name} labels {len(latents)} pictures; expected at least {_FEWEST} to measure by"
        )
    drawn = []
    for index in range(len(latents)):
        with torch.inference_mode():
            drawn.append(_features(generator.synthesize(latents[index])).cpu().double())
    features = torch.cat(drawn).clone()
    labels = table.values - table.values.mean(0)
    penalty, correlations = _best_penalty(features, labels)
    for name, correlation in zip(table.columns, correlations, strict=True):
        if not correlation >= _LOWEST_CORRELATION:
            raise OptionError(
                f"held-out labels of {name!r} in {table.path.name} correlate by {correlation:.2f} with what "
                f"pixels tell; expected {_LOWEST_CORRELATION} or more; label more pictures or leave it out"
            )
    weights = _ridge(features, labels, penalty)
    return ProbeScorer(table, weights, features.mean(0), correlations)


def _ridge(features: Tensor, labels: Tensor, penalty: float) -> Tensor:
    centred = features - features.mean(0)
    gram = centred @ centred.t()
    gram.diagonal().add_(penalty * float(gram.diagonal().mean()) / len(gram) + 1e-9)
    dual: Tensor = torch.linalg.solve(gram, labels - labels.mean(0))
    return centred.t() @ dual


def _best_penalty(features: Tensor, labels: Tensor) -> tuple[float, tuple[float, ...]]:
    """Choose the penalty by cross-validation, in an order that depends on nothing random."""
    fold = torch.arange(len(features)) % _FOLDS
    found = []
    for penalty in _PENALTIES:
        predicted = torch.zeros_like(labels)
        for held in range(_FOLDS):
            train, test = fold != held, fold == held
            weights = _ridge(features[train], labels[train], penalty)
            predicted[test] = (features[test] - features[train].mean(0)) @ weights
        found.append((penalty, _correlations(predicted, labels)))
    return max(found, key=lambda pair: sum(pair[1]))


def _correlations(predicted: Tensor, labels: Tensor) -> tuple[float, ...]:
    a, b = predicted - predicted.mean(0), labels - labels.mean(0)
    lengths = a.norm(dim=0) * b.norm(dim=0)
    return tuple(((a * b).sum(0) / lengths.clamp(min=1e-12)).tolist())
