"""What every registered distance of pictures promises."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from dynode.distance.distance import Distance
from dynode.plugins.picture_distance import PictureDistance
from dynode.testing.comparing import assert_close, assert_same
from dynode.testing.model_checks import drawn_pictures
from dynode.testing.plugin_check import remedy
from dynode.testing.trial import quietly, same_settings


class DistanceTrial:
    """A distance, loaded once on the CPU."""

    def __init__(self, plugin: PictureDistance) -> None:
        """Keep the plugin; its distance is loaded by the first check."""
        self.plugin = plugin

    @cached_property
    def distance(self) -> Distance:
        """The loaded distance."""
        return self.plugin.load("cpu", **self.plugin.check_options)


@remedy("return an instance of dynode.distance.Distance, with one row of features a picture")
def features_have_a_row_each(trial: DistanceTrial) -> None:
    """`load` gives a `Distance`; its features are finite, one row a picture, at any size."""
    assert isinstance(trial.distance, Distance), f"load gives a {type(trial.distance).__name__}"
    for side in (16, 48):
        found = trial.distance.features(drawn_pictures(2, side))
        assert found.ndim == 2 and len(found) == 2, f"at {side} px: shape {tuple(found.shape)}"
        assert bool(torch.isfinite(found).all()), f"at {side} px: features are not finite"


@remedy(
    "keep distance() the sum of squared differences of features, or leave it as it is inherited"
)
def a_distance_is_that_of_its_features(trial: DistanceTrial) -> None:
    """It is 0 of equal pictures, more of others, symmetric, and the squared one of the features."""
    images = drawn_pictures(4, 32)
    a, b = images[:2], images[2:]
    found = trial.distance.distance(a, b).detach()
    assert_same(trial.distance.distance(a, a).detach(), torch.zeros(2), "of a picture to itself")
    assert bool((found > 0).all()), "different pictures have the distance 0"
    assert_close(trial.distance.distance(b, a).detach(), found, "the other way round")
    features = [trial.distance.features(side).detach() for side in (a, b)]
    assert_close((features[0] - features[1]).square().sum(1), found, "of the features")


@remedy("call .eval() on the network, and leave statistics of the batch out")
def features_do_not_depend_on_neighbours(trial: DistanceTrial) -> None:
    """A picture has the same features alone and in a batch, and it is not written into."""
    images = drawn_pictures(3, 32)
    before = images.clone()
    together = trial.distance.features(images).detach()
    for index in range(3):
        alone = trial.distance.features(images[index : index + 1]).detach()
        assert_close(alone[0], together[index], f"picture {index} alone")
    assert_same(images, before, "the pictures")


@remedy("compute with torch operations only, and freeze the weights: network.requires_grad_(False)")
def both_modes_of_differentiation_work(trial: DistanceTrial) -> None:
    """Reverse and forward mode agree on how fast the distance grows, dark pixels included."""
    images, other = drawn_pictures(2, 32).double(), drawn_pictures(2, 32).flip(0).double()
    distance = trial.distance.to("cpu", torch.float64)
    step = torch.randn(images.shape, generator=torch.Generator().manual_seed(1)).double()

    def grown(moved: Tensor) -> Tensor:
        return distance.distance(moved, other).sum()

    leaf = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(grown(leaf), leaf)
    for what, where in (("below 0", images < 0), ("above 0", images > 0)):
        assert bool(gradient[where].any()), f"it does not depend on pixels {what}"
    rate = torch.func.jvp(grown, (images,), (step,))[1]
    assert_close(rate.detach(), (gradient * step).sum(), "the rate by forward mode")


@remedy("seed nothing, print nothing, call no torch.set_default_…; give the class a summary")
def comparing_leaves_everything_as_it_is(trial: DistanceTrial) -> None:
    """Nothing is printed, no setting of torch and no global random state changes; a summary is there."""
    summary = trial.plugin.summary
    assert summary.strip() and "\n" not in summary, "no summary of one line"
    with (
        quietly() as printed,
        same_settings(first=lambda: trial.distance.features(drawn_pictures(1, 16))),
    ):
        trial.distance.features(drawn_pictures(1, 16))
    assert not printed.getvalue(), f"it printed {printed.getvalue()[:60]!r}"


DISTANCE_CHECKS = (
    features_have_a_row_each,
    a_distance_is_that_of_its_features,
    features_do_not_depend_on_neighbours,
    both_modes_of_differentiation_work,
    comparing_leaves_everything_as_it_is,
)
