"""Directions of several spaces in one edit: sums of offsets, one rendering, conflicts told."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dynode import EditStack, LinearDirection, StyleDirection, WeightDirection
from dynode.direction.base import Direction
from dynode.direction.info import Calibration
from dynode.latents.latents import Latents
from dynode.pipeline.edited import apply_stack
from dynode.pipeline.report import conflicts, expected_effects, shortfalls, summary
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator

LAYER, CONV = "b16.conv1", "b8.conv1"


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(32)


def three_spaces(generator: StyleGAN2) -> list[Direction]:
    random = torch.Generator().manual_seed(1)
    info = generator.info
    return [
        LinearDirection(torch.randn(info.w_dim, generator=random)),
        StyleDirection({LAYER: torch.randn(info.style_channels[LAYER], generator=random)}),
        WeightDirection(CONV, torch.randn(info.conv_layers[CONV], generator=random)),
    ]


def test_three_spaces_compose_to_the_sum_of_their_offsets(generator: StyleGAN2) -> None:
    in_w, in_styles, in_weights = three_spaces(generator)
    latents = generator.sample(2, seed=0)
    stack = EditStack().then(in_w, 1.5).then(in_styles, -0.8).then(in_weights, 0.3)

    edited = stack.apply(latents)

    assert isinstance(in_w, LinearDirection)
    assert isinstance(in_styles, StyleDirection) and isinstance(in_weights, WeightDirection)
    assert torch.equal(edited.w, latents.w + 1.5 * in_w.delta)
    assert torch.equal(edited.styles[LAYER], (-0.8 * in_styles.delta[LAYER]).expand(2, -1))
    (offset,) = edited.weights
    assert torch.equal(offset.coefficients, torch.full((2, 1), 0.3))
    assert torch.equal(offset.basis[0], in_weights.delta)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_the_order_of_linear_directions_does_not_matter(
    generator: StyleGAN2, order: tuple[int, ...]
) -> None:
    directions = three_spaces(generator)
    latents = generator.sample(1, seed=0)
    sorted_stack = EditStack(tuple((d, 0.5) for d in directions))

    shuffled = EditStack(tuple((directions[index], 0.5) for index in order))

    assert torch.equal(
        generator.synthesize(shuffled.apply(latents)),
        generator.synthesize(sorted_stack.apply(latents)),
    )


def test_a_composed_edit_costs_one_rendering_of_the_result(
    generator: StyleGAN2, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = EditStack(tuple((d, 0.5) for d in three_spaces(generator)))
    drawn: list[Latents] = []
    draw = generator.synthesize

    def counting(latents: Latents, **options: Any) -> torch.Tensor:
        drawn.append(latents)
        return draw(latents, **options)

    monkeypatch.setattr(generator, "synthesize", counting)
    apply_stack(generator, generator.sample(1, seed=0), stack, 1.0)

    assert [len(latents.weights) for latents in drawn] == [0, 1]  # before, and after


def told(name: str, attribute: str, **leakage: float) -> Direction:
    calibration = Calibration(attribute, 1.0, leakage, samples=8)
    return LinearDirection(torch.ones(4)).with_info(name=name, calibration=calibration)


def test_directions_that_pull_one_attribute_apart_are_told() -> None:
    smile, calm = told("smile", "smile", mouth_open=0.6), told("calm", "brow", mouth_open=-0.4)
    stack = EditStack().then(smile, 1.0).then(calm, 2.0)

    (conflict,) = conflicts(stack)

    assert conflict.attribute == "mouth_open"
    assert str(conflict) == (
        "'smile' raises mouth open by 0.6 and 'calm' lowers it by 0.8: condition one on the other, or "
        "change a strength"
    )


@pytest.mark.parametrize(
    ("strength", "count"), [(1.0, 1), (0.2, 0), (-1.0, 1)], ids=["full", "too small", "backwards"]
)
def test_small_changes_are_nobody_s_concern(strength: float, count: int) -> None:
    first, second = told("a", "smile", yaw=0.5), told("b", "age", yaw=-0.5)
    stack = EditStack().then(first).then(second)

    assert len(conflicts(stack, strength)) == count


def test_directions_that_agree_or_were_never_measured_do_not_fight() -> None:
    unmeasured = LinearDirection(torch.ones(4)).with_info(name="x")
    stack = EditStack().then(told("a", "smile")).then(told("b", "smile")).then(unmeasured, -9.0)

    assert conflicts(stack) == []
    assert dict(expected_effects(stack))["x"] == {}


@pytest.mark.parametrize(
    ("strength", "change", "is_short"),
    [
        (2.0, 0.3, True),
        (-2.0, 0.3, True),
        (2.0, 1.1, False),
        (1.5, 0.3, False),
        (-2.0, -1.1, False),
    ],
    ids=["short", "the other way", "far enough", "near what was measured", "backwards"],
)
def test_a_strength_far_beyond_what_was_measured_is_told_where_it_falls_short(
    strength: float, change: float, is_short: bool
) -> None:
    stack = EditStack().then(told("a", "mouth_open"))

    lines = shortfalls({"mouth_open": change}, stack, strength)

    expected = (
        f"mouth open moved by {change:+.1f} of the {strength:+.1f} asked for; directions are calibrated "
        "at strength 1: try one nearer to that if the picture suffers"
    )
    assert lines == [expected] * is_short


def test_what_directions_ask_for_together_is_what_is_missed() -> None:
    stack = EditStack().then(told("a", "smile"), 2.0).then(told("b", "smile"), -1.5)

    assert shortfalls({"smile": 0.1}, stack) == []
    assert len(shortfalls({"smile": 0.1}, stack, 4.0)) == 1


def test_an_edit_that_nothing_measured_falls_short_of_nothing() -> None:
    unmeasured = LinearDirection(torch.ones(4)).with_info(name="x")
    stack = EditStack().then(told("a", "smile")).then(unmeasured)

    assert shortfalls({}, stack, 3.0) == []


def test_effect_and_leakage_are_told_in_words() -> None:
    stack = EditStack().then(told("a", "smile"))

    line = summary({"smile": 1.04, "mouth_open": 0.4, "yaw": -0.1, "age": 0.0}, stack)

    assert line == (
        "effect: smile +1.0; leakage: 0.17 on average, most on mouth open +0.4, yaw -0.1 (standard "
        "deviations)"
    )
