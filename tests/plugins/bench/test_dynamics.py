"""The latent ODE is compared with interpolation and with edits of every frame, against the truth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from dynode import plugins
from dynode.dynamics import FitOptions
from dynode.errors import UnknownNameError
from dynode.plugins import Registry
from dynode.testing import LinearTruth, PixelScorer, tiny_generator
from dynode_bench import bench_dynamics

GENERATOR = tiny_generator(16, w_dim=32, channels=8, name="tiny")
QUICK = partial(FitOptions, steps=200, shooting=0, width=32)


class Scorer(PixelScorer):
    texts = {"light": "a light picture", "warm": "a warm picture"}

    def truth(self, info: Any) -> Any:
        return LinearTruth(GENERATOR)


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    registry = Registry()
    registry.scorers.add(Scorer(), "tests")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    yield


@pytest.fixture(scope="module")
def rows() -> Iterator[Any]:
    registry = Registry()
    registry.scorers.add(Scorer(), "tests")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "registry", lambda: registry)
        patch.setattr("dynode_bench.dynamics._CLIPS", {"small": 1})
        patch.setattr("dynode_bench.dynamics.FitOptions", QUICK)
        found = bench_dynamics(GENERATOR, attributes=["light"])
    yield {(row["task"], row["method"]): row for row in found.rows}


def test_between_frames_a_curve_is_nearer_than_a_line_and_that_than_the_last_frame(
    rows: Any,
) -> None:
    """One attribute swings twice a second, seen 15 times: 7.5 frames a turn."""
    error = {name: row["codes, share of variance"] for (task, name), row in rows.items()}

    assert error["cubic"] < error["linear"] < error["hold"]
    assert error["ode, smoothing none"] < error["linear"]


def test_an_edit_of_every_frame_is_the_truth_and_none_is_off_by_the_edit(rows: Any) -> None:
    each, none = rows["edit", "each frame"], rows["edit", "not edited"]

    # equal up to the rounding of float32 codes
    assert each["codes, share of variance"] < 1e-9
    assert each["PSNR (dB)"] > 90
    assert none["attribute error (σ)"] > 10 * each["attribute error (σ)"]
    for mode in ("transport", "reintegrate", "tangent"):
        assert rows["edit", mode]["PSNR (dB)"] > none["PSNR (dB)"]
        assert rows["edit", mode]["seconds"] > 0


def test_an_attribute_that_is_unknown_is_told() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'light'"):
        bench_dynamics(GENERATOR, attributes=["ligth"])
