"""What every scorer and text encoder promises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from dynode.content_words import content_words
from dynode.errors import MissingWeightsError
from dynode.plugins.loaded import LimitedTextModel, ScorerModel, TextImageModel
from dynode.plugins.methods import Scorer, TextEncoder
from dynode.testing.comparing import assert_close, assert_same
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.trial import quietly, same_settings

_LEAST_SPREAD = 0.02  # deviations: pictures read in another unit differ by a hundredth of that
_MOST_ALIKE = 0.99999
_TEXTS = ("smiling", "a face", "light")


def drawn_pictures(n: int, side_px: int) -> Tensor:
    """Draw smooth pictures (n, 3, side, side) in [-1, 1]."""
    random = torch.Generator().manual_seed(5)
    coarse = torch.rand(n, 3, 4, 4, generator=random) * 2 - 1
    return torch.nn.functional.interpolate(coarse, size=(side_px, side_px), mode="bilinear")


class ScorerTrial:
    """A scorer, loaded once on the CPU."""

    def __init__(self, scorer: Scorer) -> None:
        """Keep the scorer; it is loaded by the first check."""
        self.scorer = scorer

    @cached_property
    def model(self) -> ScorerModel:
        """The loaded predictor."""
        return self.scorer.load("cpu")


@remedy("name every column in `attributes`, and give each its standard deviation")
def attributes_name_the_columns(trial: ScorerTrial) -> None:
    """Plugin and model name the same attributes; each has a positive deviation."""
    model = trial.model
    assert tuple(trial.scorer.attributes) == tuple(model.attributes), "attributes differ"
    assert len(set(model.attributes)) == len(model.attributes) > 0, "attributes repeat, or are none"
    assert len(model.deviations) == len(model.attributes), f"{len(model.deviations)} deviations"
    assert all(math.isfinite(one) and one > 0 for one in model.deviations), "a deviation is not > 0"


@remedy("resize inside score(); return (n, number of attributes)")
def scores_have_the_promised_shape(trial: ScorerTrial) -> None:
    """Pictures of any size give one finite score an attribute."""
    for side in (16, 48, 128):
        scores = trial.model.score(drawn_pictures(2, side))
        wanted = (2, len(trial.model.attributes))
        assert tuple(scores.shape) == wanted, f"at {side} px: shape {tuple(scores.shape)}"
        assert bool(torch.isfinite(scores).all()), f"at {side} px: scores are not finite"


@remedy("call .eval() on the network, and leave statistics of the batch out")
def scores_do_not_depend_on_neighbours(trial: ScorerTrial) -> None:
    """A picture has the same scores alone, in a batch and again; it is not written into."""
    images = drawn_pictures(3, 64)
    before = images.clone()
    scores = trial.model.score(images).detach()
    assert_same(trial.model.score(images).detach(), scores, "scoring twice")
    for index in range(3):
        alone = trial.model.score(images[index : index + 1]).detach()
        assert_close(alone[0], scores[index], f"picture {index} alone")
    assert_same(images, before, "the pictures")


@remedy("score with torch operations only, and freeze the weights: network.requires_grad_(False)")
def scores_are_differentiable(trial: ScorerTrial) -> None:
    """Gradients reach the pictures from every attribute together, and are finite."""
    images = drawn_pictures(1, 64).requires_grad_()
    (gradient,) = torch.autograd.grad(trial.model.score(images).sum(), images)
    assert bool(torch.isfinite(gradient).all()) and bool(gradient.any()), "no gradient"


@remedy("read pictures as [-1, 1], RGB; scale them inside score()")
def pictures_are_read_from_minus_one(trial: ScorerTrial) -> None:
    """Dark pixels count as light ones do, and different pictures have different scores."""
    model, images = trial.model, drawn_pictures(4, 64).requires_grad_()
    scores = model.score(images)
    (gradient,) = torch.autograd.grad(scores.square().sum(), images)
    for what, where in (("below 0", images < 0), ("above 0", images > 0)):
        assert bool(gradient[where].any()), f"no score depends on pixels {what}"
    spread = scores.detach().std(0) / torch.tensor(model.deviations)
    assert float(spread.max()) > _LEAST_SPREAD, (
        f"four different pictures differ by {float(spread.max()):.2g} deviations at most"
    )


@remedy("seed nothing, call no torch.set_default_…, draw from a generator of your own")
def scoring_leaves_torch_as_it_is(trial: ScorerTrial) -> None:
    """Scoring changes no setting of torch and no global random state."""
    with same_settings(first=lambda: trial.model.score(drawn_pictures(1, 32))):
        trial.model.score(drawn_pictures(1, 32))


@remedy("write messages to the log; give the class a summary of one line")
def scoring_prints_nothing(trial: ScorerTrial) -> None:
    """Nothing is printed, and there is a summary of one line."""
    with quietly() as printed:
        trial.scorer.load("cpu").score(drawn_pictures(1, 32))
    assert not printed.getvalue(), f"it printed {printed.getvalue()[:60]!r}"
    assert trial.scorer.summary.strip() and "\n" not in trial.scorer.summary, "no summary"


SCORER_CHECKS = (
    attributes_name_the_columns,
    scores_have_the_promised_shape,
    scores_do_not_depend_on_neighbours,
    scores_are_differentiable,
    pictures_are_read_from_minus_one,
    scoring_leaves_torch_as_it_is,
    scoring_prints_nothing,
)


class TextTrial:
    """A text-image model, loaded once on the CPU."""

    def __init__(self, encoder: TextEncoder, options: Mapping[str, Any]) -> None:
        """Keep the encoder; it is loaded by the first check.

        Args:
            encoder: The encoder.
            options: Arguments of `load` besides the device, for encoders that bundle no weights.
        """
        self.encoder = encoder
        self.values = {**encoder.check_options, **options}

    @cached_property
    def model(self) -> TextImageModel:
        """The loaded model."""
        try:
            return self.encoder.load("cpu", **self.values)
        except MissingWeightsError as error:
            if "weights" in self.values or self.encoder.domains:
                raise
            raise NotApplicable(
                f"it needs a weights file, options={{'weights': …}}: {error}"
            ) from error

    @property
    def images(self) -> Tensor:
        """Two pictures of the model's size."""
        return drawn_pictures(2, self.model.image_size)

    @property
    def texts(self) -> tuple[str, ...]:
        """Three texts, of words that the model knows if it says which."""
        model = self.model
        known = content_words(model.vocabulary) if isinstance(model, LimitedTextModel) else []
        return tuple(known[:3]) if len(known) >= 3 else _TEXTS


@remedy("normalise both embeddings to unit length, and give both the same width")
def embeddings_have_unit_norm(trial: TextTrial) -> None:
    """Texts and pictures become vectors of unit norm in one space."""
    texts, images = trial.model.encode_texts(trial.texts), trial.model.encode_images(trial.images)
    assert texts.shape[0] == len(trial.texts) and images.shape[0] == 2, "one row each is expected"
    assert texts.shape[1] == images.shape[1], f"widths {texts.shape[1]} and {images.shape[1]}"
    for rows in (texts, images):
        assert_close(rows.detach().norm(dim=1), torch.ones(len(rows)), "norms")


@remedy("call .eval() on both towers, pad texts to one length")
def embeddings_do_not_depend_on_neighbours(trial: TextTrial) -> None:
    """A text or picture is embedded alone as in a batch, and the input is not written into."""
    model, images = trial.model, trial.images
    before = images.clone()
    texts, seen = model.encode_texts(trial.texts).detach(), model.encode_images(images).detach()
    for index, text in enumerate(trial.texts):
        assert_close(model.encode_texts([text]).detach()[0], texts[index], f"{text!r} alone")
    for index in range(2):
        alone = model.encode_images(images[index : index + 1]).detach()
        assert_close(alone[0], seen[index], f"picture {index} alone")
    assert_same(images, before, "the pictures")


@remedy("embed with torch operations only, without inference_mode; freeze the weights")
def pictures_get_a_gradient(trial: TextTrial) -> None:
    """Gradients reach the pictures, whether they are normalised or fed as they are."""
    for normalize in (True, False):
        images = trial.images.requires_grad_()
        seen = trial.model.encode_images(images, normalize=normalize)
        (gradient,) = torch.autograd.grad((seen * torch.arange(seen.shape[1])).sum(), images)
        assert bool(torch.isfinite(gradient).all()) and bool(gradient.any()), "no gradient"


@remedy("read pictures as [-1, 1], RGB; scale and normalise them inside encode_images")
def different_pictures_and_texts_differ(trial: TextTrial) -> None:
    """Pictures that differ have embeddings that do, dark pixels count, and so have texts."""
    images = trial.images.requires_grad_()
    seen = trial.model.encode_images(images)
    (gradient,) = torch.autograd.grad((seen * torch.arange(seen.shape[1])).sum(), images)
    for what, where in (("below 0", images < 0), ("above 0", images > 0)):
        assert bool(gradient[where].any()), f"no embedding depends on pixels {what}"
    angle = float((seen[0] * seen[1]).sum().detach())
    assert angle < _MOST_ALIKE, f"two different pictures have the cosine {angle:.6f}"
    texts = trial.model.encode_texts(trial.texts).detach()
    assert float((texts[0] * texts[1]).sum()) < _MOST_ALIKE, f"{trial.texts[:2]} are one to it"


@remedy("seed nothing, call no torch.set_default_…, and keep torch's gradients as they are")
def embedding_leaves_torch_as_it_is(trial: TextTrial) -> None:
    """Embedding changes no setting of torch and no global random state."""
    with same_settings(first=lambda: trial.model.encode_images(trial.images)):
        trial.model.encode_images(trial.images)
        trial.model.encode_texts(trial.texts)


@remedy("split texts in known_words and unknown_words the way encode_texts does")
def words_are_known_or_unknown(trial: TextTrial) -> None:
    """A word is known or unknown, never both; known words change the embedding."""
    text = f"{' '.join(trial.texts)} qqxzzy"
    known, unknown = trial.model.known_words(text), trial.model.unknown_words(text)
    assert not set(known) & set(unknown), "a word is both known and unknown"
    assert known, f"no word of {text!r} is known"


TEXT_CHECKS = (
    embeddings_have_unit_norm,
    embeddings_do_not_depend_on_neighbours,
    pictures_get_a_gradient,
    different_pictures_and_texts_differ,
    embedding_leaves_torch_as_it_is,
    words_are_known_or_unknown,
)
