"""The bundled scorer, and its recipe on a few steps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode.errors import CheckpointError, MissingWeightsError, UsageError
from dynode_facets import bundled
from dynode_facets.bundled import weights_path
from dynode_facets.evaluation import correlations, held_out, scores
from dynode_facets.factors import FACTOR_NAMES
from dynode_facets.scorer import FacetsScorerModel, load_scorer
from dynode_facets.training.scorer import ScorerRecipe, train_scorer
from dynode_worlds.scorer import ScorerNetwork

TINY = ScorerRecipe(steps=4, batch=4, width=4, pictures=16, steps_each=3, synthesized=0.0)


@pytest.fixture(scope="module")
def model() -> FacetsScorerModel:
    return load_scorer("cpu")


@pytest.fixture(scope="module")
def portraits() -> tuple[Tensor, Tensor]:
    return held_out(256, seed=7)


def test_the_columns_are_the_factors_with_their_deviations(model: FacetsScorerModel) -> None:
    assert model.attributes == FACTOR_NAMES
    # Uniform on [-1, 1].
    assert model.deviations == pytest.approx([3**-0.5] * len(FACTOR_NAMES))


@pytest.mark.parametrize(
    "size_px", [64, *(pytest.param(size, marks=pytest.mark.slow) for size in (100, 128))]
)
def test_factors_are_read_off_pictures_of_any_size(model: FacetsScorerModel, size_px: int) -> None:
    images, factors = held_out(256, seed=7, resolution=size_px)

    found = correlations(scores(model, images), factors)

    assert sum(value >= 0.95 for value in found.values()) >= 15, found


def test_blurred_and_noisy_pictures_are_read_nearly_as_well(
    model: FacetsScorerModel, portraits: tuple[Tensor, Tensor]
) -> None:
    images, factors = portraits
    small = torch.nn.functional.avg_pool2d(images, 2)
    noise = 0.05 * torch.randn(small.shape, generator=torch.Generator().manual_seed(0))

    found = correlations(scores(model, small + noise), factors)

    assert sum(value >= 0.9 for value in found.values()) >= 15, found


def test_a_batch_is_scored_as_its_pictures_one_by_one(
    model: FacetsScorerModel, portraits: tuple[Tensor, Tensor]
) -> None:
    images = portraits[0][:4]

    together = model.score(images)

    alone = torch.cat([model.score(image[None]) for image in images])
    # float32 sums in another order.
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-4)


def test_gradients_reach_the_pictures(
    model: FacetsScorerModel, portraits: tuple[Tensor, Tensor]
) -> None:
    images = portraits[0][:2].clone().requires_grad_(True)

    model.score(images)[:, FACTOR_NAMES.index("smile")].sum().backward()

    assert images.grad is not None and bool((images.grad.abs().sum((1, 2, 3)) > 0).all())


def test_the_bundled_file_is_small() -> None:
    assert weights_path("scorer").stat().st_size <= 5_000_000


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundled, "_FOLDER", tmp_path)

    with pytest.raises(MissingWeightsError, match="dynode facets train scorer"):
        load_scorer("cpu")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    from dynode.files import save_tensors

    save_tensors({"other": torch.zeros(1)}, tmp_path / "other.safetensors", {})

    with pytest.raises(CheckpointError, match="other.safetensors is not a facets scorer"):
        FacetsScorerModel.from_file(tmp_path / "other.safetensors")


def test_the_network_has_one_output_for_each_factor() -> None:
    assert ScorerNetwork(4, len(FACTOR_NAMES))(torch.zeros(2, 3, 64, 64)).shape == (
        2,
        len(FACTOR_NAMES),
    )


def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path: Path) -> None:
    train_scorer(tmp_path / "a.safetensors", TINY, folder=tmp_path / "a")

    train_scorer(tmp_path / "b.safetensors", TINY, folder=tmp_path / "b", until=2)
    train_scorer(tmp_path / "b.safetensors", TINY, folder=tmp_path / "b", force=True)

    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert first.read_bytes() == second.read_bytes()
    assert (tmp_path / "a/log.jsonl").read_text() == (tmp_path / "b/log.jsonl").read_text()


def test_a_folder_with_another_recipe_is_refused(tmp_path: Path) -> None:
    train_scorer(tmp_path / "a.safetensors", TINY, folder=tmp_path / "run", until=1)
    other = ScorerRecipe(
        steps=4, batch=4, width=4, pictures=16, steps_each=3, synthesized=0.0, seed=1
    )

    with pytest.raises(UsageError, match="other options"):
        train_scorer(tmp_path / "b.safetensors", other, folder=tmp_path / "run")


def test_progress_is_told_after_every_step(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    train_scorer(
        tmp_path / "a.safetensors",
        TINY,
        folder=tmp_path / "run",
        progress=lambda done, total, message="": told.append((done, total)),
    )

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
