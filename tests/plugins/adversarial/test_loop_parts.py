"""Losses, shares of processes, starting weights and plots of the adversarial loop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from dynode.errors import OptionError
from dynode.stylegan2 import DiscriminatorConfig, DiscriminatorNetwork
from dynode.stylegan2.discriminator import add_deviation
from dynode.training import Processes
from dynode_adversarial import (
    AdversarialOptions,
    Feeder,
    copy_matching,
    freeze_blocks,
    new_channels,
)
from dynode_adversarial.loop import _adam
from dynode_adversarial.losses import R1_EVERY, gradient_penalty, passing_loss, telling_loss
from dynode_adversarial.plots import plot_losses


def test_the_losses_are_the_logistic_ones() -> None:
    made, real = torch.tensor([0.5, -1.0]), torch.tensor([2.0, 0.0])

    # log(1 + exp(-x)) and log(1 + exp(x)), written out
    passing = (torch.log1p(torch.exp(-made))).mean()
    telling = torch.log1p(torch.exp(made)).mean() + torch.log1p(torch.exp(-real)).mean()
    assert torch.allclose(passing_loss([made]), passing)
    assert torch.allclose(telling_loss([made], [real]), telling)
    assert torch.allclose(
        passing_loss([made, real]), passing + torch.log1p(torch.exp(-real)).mean()
    )


def test_the_penalty_is_the_squared_gradient_of_each_frame() -> None:
    images = torch.rand(4, 3, 2, 2, requires_grad=True)  # two clips of two frames
    weights = torch.arange(1.0, 5.0)
    logits = (images.sum((1, 2, 3)) * weights).view(2, 2).sum(1)

    penalty = gradient_penalty(logits, images, gamma=0.5)

    # The gradient by frame i is weights[i] at each of 12 values.
    expected = (12 * weights.square()).mean() * 0.25 * R1_EVERY
    assert torch.allclose(penalty, expected)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_shares_keep_the_groups_of_the_statistic(count: int) -> None:
    features = torch.randn(16, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    whole = add_deviation(features, group=4, channels=1)[:, -1, 0, 0]

    for rank in range(count):
        items = list(Processes(rank, count).items(16, 4))
        share = add_deviation(features[items], group=4, channels=1)[:, -1, 0, 0]
        assert torch.allclose(share, whole[items])


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(OptionError, match="--batch is 12; 2 processes with groups of 4 need"):
        Processes(0, 2).items(12, 4)


def test_gradients_that_are_no_numbers_do_no_harm() -> None:
    part = nn.Parameter(torch.zeros(3))
    part.grad = torch.tensor([float("nan"), float("inf"), -float("inf")])

    Processes().average_gradients([part])

    assert part.grad.tolist() == [0, 1e5, -1e5]


def test_rates_are_corrected_for_lazy_regularisation() -> None:
    network = nn.Linear(2, 2)

    generator = _adam([(network, 1.0)], 0.0025, 4).param_groups[0]
    judge = _adam([(network, 1.0)], 0.0025, 16).param_groups[0]

    assert generator["lr"] == pytest.approx(0.002)
    assert judge["lr"] == pytest.approx(0.00235294, abs=1e-8)
    assert judge["betas"] == pytest.approx((0, 0.99 ** (16 / 17)))


def test_the_defaults_are_the_published_ones() -> None:
    options = AdversarialOptions(batch=64)

    assert options.gamma_at(256) == pytest.approx(0.2048)
    assert options.channels_at(256) == {
        4: 512,
        8: 512,
        16: 512,
        32: 512,
        64: 256,
        128: 128,
        256: 64,
    }
    assert options.rate_at(1024) == 0.002


def test_matching_weights_are_copied_and_others_named() -> None:
    target, source = nn.Linear(2, 2), nn.Linear(2, 2)
    state = {"weight": source.weight.detach(), "bias": torch.zeros(3)}

    assert copy_matching(target, state) == ["bias"]
    assert torch.equal(target.weight, source.weight)


def test_a_wider_layer_begins_as_the_narrower_one() -> None:
    narrow, wide = nn.Linear(2, 3, bias=False), nn.Linear(5, 3, bias=False)
    x: Tensor = torch.rand(4, 5)

    new_channels(wide, "weight", narrow.weight.detach(), 1, scale=1.0)

    assert torch.allclose(wide(x), narrow(x[:, :2]))


def test_the_largest_blocks_of_a_discriminator_are_frozen() -> None:
    judge = DiscriminatorNetwork(DiscriminatorConfig(16, {4: 4, 8: 4, 16: 4}))

    freeze_blocks(judge, 1)

    held = {name.split(".")[0] for name, part in judge.named_parameters() if not part.requires_grad}
    assert held == {"b16"}
    with pytest.raises(OptionError, match="--freeze-d is 3; the discriminator has 3 blocks"):
        freeze_blocks(judge, 3)


def test_a_feeder_reads_ahead_and_gives_what_was_asked_for() -> None:
    asked = list[int]()

    def make(index: int) -> int:
        asked.append(index)
        return 10 * index

    feeder = Feeder(make)
    taken = [feeder.take(index) for index in (4, 5, 9)]
    feeder.close()

    assert taken == [40, 50, 90]
    assert asked.count(5) == 1


def test_losses_are_plotted(tmp_path: Path) -> None:
    lines = [
        {"step": i, "generator": 1 / i, "discriminator": 0.5, "augment": 0.1} for i in (1, 2, 3)
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    plot_losses(tmp_path)

    sheet = Image.open(tmp_path / "losses.png").convert("RGB")
    colours = {colour for _, colour in sheet.getcolors(100_000) or ()}
    assert {(31, 95, 168), (192, 57, 43)} <= colours  # a line for each loss
