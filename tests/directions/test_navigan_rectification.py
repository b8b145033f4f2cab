"""Training directions that can be told apart, and stopping it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dynode.direction.weight_basis import SingularBasis, layer_weight
from dynode.errors import CorruptCheckpointError
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator
from dynode_navigan.predictor import (
    LeNetPredictor,
    PredictorKind,
    ResNetPredictor,
    draw_shifts,
    losses,
)
from dynode_navigan.rectify import Rectification, Settings

LAYER = "b8.conv1"
SETTINGS = Settings(
    directions=3,
    steps=4,
    batch=4,
    shift_scale=20,
    min_shift=5,
    predictor="lenet",
    size_px=32,
    predictor_lr=1e-2,
    direction_lr=1e-2,
    shift_weight=0.05,
)


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=8)


def training(generator: StyleGAN2, settings: Settings = SETTINGS, seed: int = 0) -> Rectification:
    basis = SingularBasis.of(layer_weight(generator, LAYER))
    return Rectification(generator, LAYER, basis, settings, seed=seed)


@pytest.fixture(scope="module")
def case(reference_case: Callable[[str], Any]) -> Any:
    return reference_case("navigan-shift-predictor")


def assert_close(found: Tensor, expected: np.ndarray, about: dict[str, Any]) -> None:
    """Compare within the case's own tolerance, which its notes derive from float64."""
    allowed = about["tolerance"]
    np.testing.assert_allclose(
        found.detach().numpy(), expected, atol=allowed["atol"], rtol=allowed["rtol"]
    )


def predictor_of(kind: str, about: dict[str, Any], state: dict[str, np.ndarray]) -> nn.Module:
    config = about["config"][kind]
    with torch.random.fork_rng():
        network: nn.Module = (
            ResNetPredictor(config["dim"], config["downsample"])
            if kind == "resnet"
            else LeNetPredictor(config["dim"], config["width"], config["channels"])
        )
    network.load_state_dict({key: torch.from_numpy(part) for key, part in state.items()})
    return network


@pytest.mark.parametrize("kind", ["resnet", "lenet"])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_predictors_are_the_published(kind: str, mode: str, case: Any) -> None:
    about, states, inputs, outputs = case
    network = predictor_of(kind, about, states[kind]).train(mode == "train")

    logits, shifts = network(torch.from_numpy(inputs["x1"]), torch.from_numpy(inputs["x2"]))

    assert_close(logits, outputs[f"{kind}_{mode}_logits"], about)
    assert_close(shifts, outputs[f"{kind}_{mode}_shift"], about)
    if (kind, mode) == ("resnet", "train"):
        assert isinstance(network, ResNetPredictor)
        norm = network.features_extractor.bn1
        assert_close(norm.running_mean, outputs["resnet_bn1_running_mean_after"], about)
        assert_close(norm.running_var, outputs["resnet_bn1_running_var_after"], about)


def test_shifts_and_losses_are_the_published(case: Any) -> None:
    about, _, inputs, outputs = case
    config = about["config"]["loss"]
    uniform = torch.from_numpy(inputs["uniform"])

    shifts = draw_shifts(uniform, scale=config["shift_scale"], least=config["min_shift"])
    parts = losses(
        torch.from_numpy(outputs["resnet_eval_logits"]),
        torch.from_numpy(outputs["resnet_eval_shift"]),
        torch.from_numpy(inputs["target_directions"]),
        shifts,
        label_weight=config["label_weight"],
        shift_weight=config["shift_weight"],
    )

    assert_close(shifts, outputs["shifts"], about)
    assert_close(parts[0], outputs["direction_loss"], about)
    assert_close(parts[1], outputs["shift_loss"], about)
    assert_close(parts[0] + parts[1], outputs["loss"], about)


def test_a_shift_of_zero_stays_zero() -> None:
    found = draw_shifts(torch.tensor([0.5, 0.51, 0.49, 1.0]), scale=10, least=2)

    assert found.tolist() == [0, 2, -2, 10]


class Killed(Exception):
    """Stands for a killed process."""


@pytest.mark.parametrize("predictor", ["features", "lenet"])
@pytest.mark.parametrize("fail_after", [2, 3])
def test_a_killed_training_goes_on_with_identical_losses(
    generator: StyleGAN2, tmp_path: Path, fail_after: int, predictor: PredictorKind
) -> None:
    settings = replace(SETTINGS, predictor=predictor)
    whole = training(generator, settings)
    whole.run()

    def kill(done: int, total: int, message: str = "") -> None:
        if done == fail_after:
            raise Killed

    with pytest.raises(Killed):
        training(generator, settings).run(
            keep=tmp_path / "state.safetensors", every=2, progress=kill
        )
    resumed = training(generator, settings)
    directions = resumed.run(keep=tmp_path / "state.safetensors", every=2)

    assert resumed.losses == whole.losses
    assert torch.equal(directions.coefficients, whole.directions.coefficients)
    assert resumed.accuracy(2) == whole.accuracy(2)


def test_the_state_of_another_training_is_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    training(generator).save(tmp_path / "state.safetensors")

    with pytest.raises(CorruptCheckpointError, match="does not hold this training.*delete it"):
        training(generator, replace(SETTINGS, batch=6)).load(tmp_path / "state.safetensors")
    training(generator, replace(SETTINGS, steps=9)).load(tmp_path / "state.safetensors")


def test_training_learns_to_tell_directions_apart(generator: StyleGAN2) -> None:
    settings = replace(
        SETTINGS,
        steps=60,
        batch=16,
        shift_scale=60,
        min_shift=30,
        predictor="features",
        predictor_lr=3e-3,
        shift_weight=1.5 / 60,
        shift_unit=60,
        start="basis",
    )
    learning = training(generator, settings)

    learning.run()

    share, _ = learning.accuracy(4)
    # 64 guesses among three: by chance more than 60 % has a probability below 1e-4.
    assert share > 0.6


def test_training_leaves_the_generator_and_the_random_state_alone(generator: StyleGAN2) -> None:
    before, state = generator.info.fingerprint, torch.get_rng_state()

    training(generator).run()

    assert generator.info.fingerprint == before
    assert torch.equal(torch.get_rng_state(), state)


def test_a_published_start_is_normal_and_another_the_vectors(generator: StyleGAN2) -> None:
    plain = training(generator, replace(SETTINGS, start="basis")).directions
    random = training(generator, SETTINGS).directions

    vectors = plain.basis.combine(torch.eye(8))
    torch.testing.assert_close(plain.units(torch.arange(3)), vectors[:3])
    assert 0.5 < float(random.coefficients.std()) < 1.5
