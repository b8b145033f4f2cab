"""The figures that a user reads have the right sign: jitter, conflicts, the effect of an edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import dynode
from dynode.cli.clip_options import say_result
from dynode.direction.info import Calibration
from dynode.dynamics.report import CodeError, TrajectoryReport
from dynode.latents.latents import Latents
from dynode.pipeline.clips import ClipResult
from dynode.pipeline.drawing import Jitter
from dynode.pipeline.edited import apply_stack
from dynode.pipeline.report import conflicts, expected_effects, summary
from dynode.plugins import registry
from dynode.testing import PixelScorer, run_command, tiny_generator, write_tiny_generator
from dynode.testing.videos import write_test_video


def level(value: float) -> torch.Tensor:
    return torch.full((1, 3, 4, 4), value)


# |x0 - 2 x1 + x2|, the mean over the inner frames.
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0.0, 0.5, 0.0], 1.0),
        ([0.0, -0.5, 0.0], 1.0),
        ([0.1, 0.2, 0.3, 0.4], 0.0),
        ([0.2, 0.2, 0.2], 0.0),
        ([0.0, 0.0, 0.3], 0.3),
        ([0.3, 0.0, 0.0, 0.0], 0.15),
        ([0.5], 0.0),
    ],
    ids=["a peak", "a dip", "even motion", "stillness", "setting off", "stopping", "one frame"],
)
def test_jitter_is_the_second_difference(levels: list[float], expected: float) -> None:
    assert Jitter.of(map(level, levels)) == pytest.approx(expected, abs=1e-6)  # rounded there


def test_the_printed_jitter_is_that_of_the_result_beside_the_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = TrajectoryReport(3, 1, CodeError(0.0, 0.0), 1.0, 7, 0.1)
    jitter = {"source": 0.5, "result": 0.25}

    say_result(ClipResult(Path("a.mp4"), 3, 25.0, report, jitter, 7, {}))

    assert "jitter 0.2500 (source 0.5000)" in capsys.readouterr().err


def test_a_trembling_clip_is_told_as_such(
    tmp_path: Path, inverter: Any, generator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", generator)
    dynode.LinearDirection(torch.ones(64)).save("up.safetensors")
    told = {}
    for name, levels in {"still": [128] * 5, "trembling": [100, 156, 100, 156, 100]}.items():
        pictures = [np.full((32, 32, 3), value, np.uint8) for value in levels]
        write_test_video(tmp_path / f"{name}.mp4", frames=5, size=(32, 32), pictures=pictures)
        line = ["edit", f"{name}.mp4", "--direction", "up.safetensors:0.1", "--no-check", "--json"]
        result = run_command([*line, "--generator", "g.safetensors", "-o", f"{name}-out.mp4"])
        told[name] = json.loads(result.stdout)["jitter"]

    # 2 * 56 levels of 127.5, up to what the codec loses of a whole frame.
    assert told["trembling"]["source"] == pytest.approx(2 * 56 / 127.5, rel=0.05)
    assert told["still"]["source"] < 0.02
    assert told["trembling"]["result"] > told["still"]["result"]


def measured(name: str, **effects: float) -> dynode.Direction:
    attribute, *others = effects
    leakage = {other: effects[other] for other in others}
    calibration = Calibration(attribute, effects[attribute], leakage, samples=8)
    return dynode.LinearDirection(torch.ones(4)).with_info(name=name, calibration=calibration)


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (0.6, -0.4, 1),
        (-0.4, 0.6, 1),
        (0.6, -0.2, 0),  # one weak partner is no conflict, whichever it is
        (0.2, -0.6, 0),
        (-0.2, 0.6, 0),
        (-0.6, 0.2, 0),
        (0.6, 0.6, 0),
        (-0.6, -0.6, 0),
        (0.25, -0.25, 1),
    ],
)
def test_two_directions_fight_only_if_both_are_strong(
    first: float, second: float, count: int
) -> None:
    stack = dynode.EditStack().then(measured("a", smile=1.0, yaw=first))
    stack = stack.then(measured("b", age=1.0, yaw=second))

    found = conflicts(stack)

    assert len(found) == count
    for conflict in found:
        assert conflict.raises[1] == max(first, second) > 0 > conflict.lowers[1]
        assert conflict.raises[0] == ("a" if first > second else "b")


@pytest.mark.parametrize(("own", "strength"), [(2.0, 1.0), (-1.0, 1.5), (1.0, -0.5), (-2.0, -1.0)])
def test_a_promised_effect_has_the_sign_of_the_strengths(own: float, strength: float) -> None:
    stack = dynode.EditStack().then(measured("a", smile=1.0, yaw=-0.5), own)

    (_, effects) = expected_effects(stack, strength)[0]

    assert effects == pytest.approx({"smile": own * strength, "yaw": -0.5 * own * strength})


class Levels:
    """Draws a picture as light as the code says."""

    def __init__(self) -> None:
        tiny = tiny_generator(16, w_dim=8, channels=4)
        self.info, self.device, self.dtype = tiny.info, tiny.device, tiny.dtype

    def synthesize(self, latents: Latents, **given: Any) -> torch.Tensor:
        return latents.w[:, 0, 0].reshape(-1, 1, 1, 1).expand(-1, 3, 16, 16)


@pytest.mark.parametrize("strength", [0.3, -0.3])
def test_the_reported_effect_is_positive_where_there_is_more_of_it(strength: float) -> None:
    registry().scorers.add(PixelScorer(), "tests")
    generator, rows = Levels(), tiny_generator(16, w_dim=8, channels=4).info.num_layers
    direction = dynode.LinearDirection(torch.ones(8)).with_info(
        calibration=Calibration("light", 10.0, {}, samples=8)
    )
    stack = dynode.EditStack().then(direction)

    result = apply_stack(generator, Latents(torch.zeros(1, rows, 8)), stack, strength)  # type: ignore[arg-type]  # draws levels

    # A level of 0.3 is 3 of the scorer's standard deviations of 0.1.
    assert result.changes["light"] == pytest.approx(10 * strength, rel=1e-5)
    told = summary(result.changes, result.stack)
    assert told.startswith(f"effect: light {10 * strength:+.1f};")


@pytest.mark.parametrize("strength", [0.3, -0.3])
def test_an_animation_reports_what_its_end_has_more_than_its_start(strength: float) -> None:
    registry().scorers.add(PixelScorer(), "tests")
    generator, rows = Levels(), tiny_generator(16, w_dim=8, channels=4).info.num_layers

    animation = dynode.animate(
        Latents(torch.zeros(1, rows, 8)),
        dynode.LinearDirection(torch.ones(8)),
        strength=strength,
        frames=3,
        generator=generator,  # type: ignore[arg-type]  # draws levels
    )

    assert animation.changes()["light"] == pytest.approx(10 * strength, rel=1e-5)
