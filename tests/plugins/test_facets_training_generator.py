"""The recipes of the bundled generator and encoder, on networks of a few channels."""

from __future__ import annotations

import dataclasses
import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode.errors import OptionError, OutputExistsError, UsageError
from dynode.latents.latents import Latents
from dynode.stylegan2 import StyleGAN2
from dynode.training.muon import MuonAdam, orthogonalise
from dynode.training.run import generator_at
from dynode_facets.bundled import weights_path
from dynode_facets.factors import FACTORS, population
from dynode_facets.render import render
from dynode_facets.training.generator import GeneratorRecipe, train_generator
from dynode_facets.w_space import code_of, factors_of, mean_code
from dynode_facets.world import FACETS
from dynode_worlds.training.code_samples import draw_codes
from dynode_worlds.training.generator import (
    held_out_psnr,
    images_of,
    learning_rate,
    new_synthesis,
)
from dynode_worlds.training.losses import decibel_loss, detail_weight, picture_loss, psnr
from dynode_worlds.training.stages import Stage, stage_of, targets_at

TINY = GeneratorRecipe(
    resolution=32, channels=(8, 8, 8, 8), steps=(6, 6), batch=(4, 4), learning_rate=0.02
)


def _factors(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _train(folder: Path, recipe: GeneratorRecipe = TINY, **extra: int) -> dict[str, Tensor]:
    output = folder / "generator.safetensors"
    train_generator(output, recipe, folder=folder, held_out=4, force=True, **extra)
    return _weights(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run."""
    folder = tmp_path_factory.mktemp("trained")
    _train(folder)
    return folder


def _weights(folder: Path) -> dict[str, Tensor]:
    return dict(torch.load(folder / "state.pt", weights_only=True)["modules"]["average"])


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (12, 12)], ids=["wide", "tall", "square"])
def test_orthogonalising_keeps_singular_vectors(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)

    found = left.t() @ orthogonalise(matrix) @ right.t()

    torch.testing.assert_close(found, torch.diag(found.diagonal()), atol=1e-9, rtol=0)
    # What five steps of this quintic make of singular values above 2 % of the norm.
    chosen = found.diagonal()[values > 0.02 * values.norm()]
    assert float(chosen.min()) > 0.6 and float(chosen.max()) < 1.3


def test_a_vector_is_stepped_as_by_adam() -> None:
    torch.manual_seed(3)
    start, target = torch.randn(5), torch.randn(5)
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    optimizers = (
        MuonAdam([], [ours], lr=0.05),
        torch.optim.Adam([theirs], lr=0.05, betas=(0.9, 0.99), eps=1e-10),
    )

    for optimizer, vector in zip(optimizers, (ours, theirs), strict=True):
        for _ in range(4):
            optimizer.zero_grad()
            (vector - target).pow(4).sum().backward()
            optimizer.step()

    torch.testing.assert_close(ours, theirs)


def test_drawn_codes_belong_to_factors_in_their_range() -> None:
    codes, factors = draw_codes(FACETS.population, 2000, 6, generator_at(0, 1))

    assert float(factors.abs().max()) <= 1
    # 0.4 beyond the range, and five deviations of the jitter of 0.04.
    assert float(codes.abs().max()) <= 1.6
    # The jitter only; what lies beyond its range differs from its factor by more.
    inside = (codes - factors[:, None]).abs() < 0.2
    assert float(inside.float().mean()) > 0.97


def test_three_quarters_of_drawn_codes_have_equal_rows() -> None:
    codes, _ = draw_codes(FACETS.population, 4000, 6, generator_at(0, 2))

    share = (codes == codes[:, :1]).flatten(1).all(1).float().mean()

    # Four thousand draws: a deviation of 0.7 %.
    assert float(share) == pytest.approx(0.75, abs=0.03)


def test_small_targets_average_larger_ones() -> None:
    factors = _factors(2)

    small = targets_at(FACETS, factors, 16)

    torch.testing.assert_close(
        small, render(factors, 64).unflatten(3, (16, 4)).unflatten(2, (16, 4)).mean((3, 5))
    )


def test_stages_follow_each_other() -> None:
    stages = (Stage(16, 3, 8), Stage(32, 5, 4))

    found = [stage_of(stages, step) for step in (0, 2, 3, 7)]

    assert found == [(stages[0], 0), (stages[0], 2), (stages[1], 0), (stages[1], 4)]


def test_an_error_of_a_tenth_of_the_peak_is_20_decibels() -> None:
    targets = torch.zeros(2, 3, 8, 8)

    assert psnr(targets + 0.2, targets) == pytest.approx(20)


def test_the_loss_in_decibels_falls_as_the_psnr_rises() -> None:
    targets = torch.zeros(2, 3, 16, 16)
    images = torch.stack([torch.full((3, 16, 16), 0.2), torch.full((3, 16, 16), 0.02)])

    # -10 log10(e / 4) decibels are -0.05 ln e but for a factor and a constant; 1e-8 is added to e.
    expected = 0.05 * (math.log(4) - psnr(images, targets) * math.log(10) / 10)
    assert float(decibel_loss(images, targets)) == pytest.approx(expected, abs=1e-5)
    assert torch.isfinite(decibel_loss(targets, targets))


def test_the_loss_of_the_target_itself_is_zero() -> None:
    targets = render(_factors(2), 32)

    assert float(picture_loss(targets, targets, squares=1.0)) == 0


def test_detail_counts_more_than_flat_parts() -> None:
    targets = torch.zeros(1, 3, 16, 16)
    targets[..., 8:] = 1

    weight = detail_weight(targets)

    assert float(weight.mean()) == pytest.approx(1)
    assert float(weight[0, 0, 4, 8]) > 2 * float(weight[0, 0, 4, 2])


def test_the_rate_rises_stays_and_falls() -> None:
    options = dataclasses.replace(TINY, steps=(500, 500), anneal=0.5)

    rates = [learning_rate(options, step) for step in (0, 99, 500, 750, 999)]

    top = options.learning_rate
    # Half way down the cosine is half the rate; the last step is nearly still.
    assert rates[:4] == pytest.approx([top / 100, top, top, top / 2])
    assert rates[4] < 1e-4 * top


def test_training_brings_the_pictures_nearer(tmp_path: Path) -> None:
    options = dataclasses.replace(TINY, steps=(20,), batch=(8,))
    network = new_synthesis(options, FACETS.factors)
    with ThreadPoolExecutor(1) as pool:
        before = held_out_psnr(FACETS, network, 32, 8, pool)

        network.load_state_dict(_train(tmp_path, options))
        after = held_out_psnr(FACETS, network, 32, 8, pool)

    assert after > before + 1


def test_a_stopped_run_continues_to_the_same_weights(trained: Path, tmp_path: Path) -> None:
    whole = _weights(trained)

    # Stopped in the second stage.
    _train(tmp_path, until=8)
    parts = _train(tmp_path)

    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    logs = [(folder / "log.jsonl").read_text() for folder in (trained, tmp_path)]
    assert logs[0] == logs[1]


def test_the_seed_decides_the_weights_and_threads_do_not(trained: Path, tmp_path: Path) -> None:
    first = _weights(trained)
    second = _train(tmp_path / "second", threads=2)
    other = _train(tmp_path / "other", dataclasses.replace(TINY, seed=1))

    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["b4.const"], other["b4.const"])


def test_the_log_ends_with_the_held_out_figure(trained: Path) -> None:
    last = json.loads((trained / "log.jsonl").read_text().splitlines()[-1])

    assert last["step"] == 12 and last["resolution"] == 32
    assert math.isfinite(last["loss"]) and math.isfinite(last["psnr"])


def test_the_written_generator_draws_what_was_trained(trained: Path) -> None:
    network = new_synthesis(TINY, FACETS.factors)
    network.load_state_dict(_weights(trained))
    factors = _factors(3)

    generator = StyleGAN2.load(trained / "generator.safetensors")
    rows = generator.info.num_layers
    latents = Latents(code_of(factors)[:, None].expand(-1, rows, -1).contiguous())
    images = generator.synthesize(latents)

    # Half-precision weights: 2^-11 each, of pictures of about 1, adding up over eight layers.
    torch.testing.assert_close(images, images_of(network, factors), atol=0.01, rtol=0)
    assert generator.info.domain == "facets" and generator.info.licence == "Apache-2.0"


def test_what_factors_do_not_use_of_w_does_not_show(trained: Path) -> None:
    generator = StyleGAN2.load(trained / "generator.safetensors")
    w = generator.sample(2, seed=0, truncation=1.0).w

    seen = generator.synthesize(Latents(code_of(factors_of(w).flatten(0, 1)).view_as(w)))

    # Off the span by 0.1 a coordinate; what is left is the rounding of half precision.
    torch.testing.assert_close(generator.synthesize(Latents(w)), seen, atol=2e-3, rtol=0)


def test_the_mean_code_is_the_portrait_of_zero_factors(trained: Path) -> None:
    generator = StyleGAN2.load(trained / "generator.safetensors")

    # Half precision: 2^-11 of values up to 8.
    torch.testing.assert_close(generator.mean_w, mean_code().float(), atol=4e-3, rtol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": (8, 8)}, "channels has 2 entries"),
        ({"batch": (4,)}, "2 stages in steps and 1 in batch"),
        ({"batch": (4, 5)}, "multiple of shards"),
    ],
    ids=["channels", "stages", "shards"],
)
def test_recipes_that_do_not_fit_together_are_refused(
    change: dict[str, tuple[int, ...]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=message):
        _train(tmp_path, dataclasses.replace(TINY, **change))  # type: ignore[arg-type]


def test_an_output_that_exists_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "generator.safetensors"
    output.write_bytes(b"mine")

    with pytest.raises(OutputExistsError):
        train_generator(output, TINY, folder=tmp_path)

    assert output.read_bytes() == b"mine"


def test_a_run_is_not_continued_with_other_options(tmp_path: Path) -> None:
    _train(tmp_path, until=2)

    with pytest.raises(UsageError, match="other options"):
        _train(tmp_path, dataclasses.replace(TINY, seed=5))


def test_the_bundled_generator_draws_the_population() -> None:
    generator = StyleGAN2.load(weights_path("generator"))
    z = torch.randn(16, 512, generator=torch.Generator().manual_seed(7))

    with torch.inference_mode():
        images = generator.synthesize(generator.map(z)).clamp(-1, 1)

    # 39.2 over 512 portraits, with a deviation of about 2 from one to the next.
    assert psnr(images, render(population(z))) > 37
