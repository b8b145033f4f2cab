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
from dynode.latents import Latents
from dynode.stylegan2 import GeneratorConfig, StyleGAN2
from dynode.stylegan2.mapping import MappingNetwork
from dynode_facets.encoder import FacetsEncoder, read_encoder
from dynode_facets.factors import FACTORS, population
from dynode_facets.render import render
from dynode_facets.training.code_samples import draw_codes
from dynode_facets.training.encoder import EncoderRecipe, train_encoder
from dynode_facets.training.generator import (
    GeneratorRecipe,
    held_out_psnr,
    images_of,
    learning_rate,
    new_synthesis,
    train_generator,
)
from dynode_facets.training.losses import detail_weight, picture_loss, psnr
from dynode_facets.training.mapping import NUISANCE_STD, mapping_state
from dynode_facets.training.muon import MuonAdam, orthogonalise
from dynode_facets.training.run import generator_at
from dynode_facets.training.stages import Stage, stage_of, targets_at
from dynode_facets.w_space import code_of, factor_basis, factors_of, mean_code

TINY = GeneratorRecipe(
    resolution=32, channels=(8, 8, 8, 8), steps=(6, 6), batch=(4, 4), learning_rate=0.02
)
TINY_ENCODER = EncoderRecipe(steps=3, picture_steps=2, batch=4, picture_batch=4, width=4)


def _factors(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _train(folder: Path, options: GeneratorRecipe = TINY, **extra: int) -> dict[str, Tensor]:
    output = folder / "generator.safetensors"
    train_generator(output, options, folder=folder, held_out=4, force=True, threads=1, **extra)
    state = torch.load(folder / "state.pt", weights_only=True)
    return dict(state["modules"]["average"])


def _generator(folder: Path) -> StyleGAN2:
    _train(folder)
    return StyleGAN2.load(folder / "generator.safetensors")


def test_codes_give_their_factors_back() -> None:
    factors = _factors(16).double()

    again = factors_of(code_of(factors))

    torch.testing.assert_close(again, factors)


def test_factors_move_w_in_orthogonal_directions() -> None:
    basis = factor_basis()

    products = basis.t() @ basis

    torch.testing.assert_close(products, torch.diag(products.diagonal()))


def test_codes_of_the_population_have_unit_variance_on_average() -> None:
    # Independent uniform factors: variance 1/3 each, so the trace of E E' / 3 is w_dim.
    assert float(factor_basis().square().sum()) / 3 == pytest.approx(512)


@pytest.fixture(scope="module")
def mapped() -> tuple[Tensor, Tensor]:
    """Z and the w the written mapping network gives, as stored in half precision."""
    config = GeneratorConfig(8, {4: 4, 8: 4}, mapping_layers=2)
    state = {key.removeprefix("mapping."): part for key, part in mapping_state(config).items()}
    network = MappingNetwork(512, 0, 512, layers=2)
    network.load_state_dict({key: part.half().float() for key, part in state.items()})
    z = torch.randn(4000, 512, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return z, network(z)


def test_the_mapping_network_is_the_population(mapped: tuple[Tensor, Tensor]) -> None:
    z, w = mapped
    normalised = z * z.square().mean(1, keepdim=True).rsqrt()

    error = (factors_of(w) - population(normalised)).abs().max()

    # Sixteen straight pieces between -2.9 and 2.9: at most h^2 / 8 max|f''| = 0.009 with
    # f'' = 0.48, a spacing h of 0.387, and half precision on top.
    assert float(error) < 0.012


def test_w_is_on_the_straight_part_of_the_last_activation(mapped: tuple[Tensor, Tensor]) -> None:
    _, w = mapped

    # A few of two million coordinates may touch 0.
    assert float((w < 0).float().mean()) < 1e-5


def test_what_is_left_of_w_is_small_and_of_many_dimensions(mapped: tuple[Tensor, Tensor]) -> None:
    _, w = mapped

    rest = w - code_of(factors_of(w))

    # 4000 samples of 512 coordinates: the deviation is known to far better than 2 %.
    assert float(rest.std()) == pytest.approx(NUISANCE_STD, rel=0.02)
    assert int(torch.linalg.matrix_rank(rest, atol=0.1)) > 100


def test_a_mapping_network_too_narrow_for_the_factors_is_refused() -> None:
    config = GeneratorConfig(8, {4: 4, 8: 4}, w_dim=64, mapping_layers=2)

    with pytest.raises(ValueError, match="w has 64 coordinates"):
        mapping_state(config)


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
    codes, factors = draw_codes(2000, 6, generator_at(0, 1))

    assert float(factors.abs().max()) <= 1
    # 0.4 beyond the range, and five deviations of the jitter of 0.04.
    assert float(codes.abs().max()) <= 1.6
    # The jitter only; what lies beyond its range differs from its factor by more.
    inside = (codes - factors[:, None]).abs() < 0.2
    assert float(inside.float().mean()) > 0.97


def test_three_quarters_of_drawn_codes_have_equal_rows() -> None:
    codes, _ = draw_codes(4000, 6, generator_at(0, 2))

    share = (codes == codes[:, :1]).flatten(1).all(1).float().mean()

    # Four thousand draws: a deviation of 0.7 %.
    assert float(share) == pytest.approx(0.75, abs=0.03)


def test_small_targets_average_larger_ones() -> None:
    factors = _factors(2)

    small = targets_at(factors, 16)

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
    network = new_synthesis(options)
    with ThreadPoolExecutor(1) as pool:
        before = held_out_psnr(network, 32, 8, pool)

        network.load_state_dict(_train(tmp_path, options))
        after = held_out_psnr(network, 32, 8, pool)

    assert after > before + 1


def test_a_stopped_run_continues_to_the_same_weights(tmp_path: Path) -> None:
    whole = _train(tmp_path / "whole")

    # Stopped in the second stage.
    _train(tmp_path / "parts", until=8)
    parts = _train(tmp_path / "parts")

    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    logs = [(tmp_path / name / "log.jsonl").read_text() for name in ("whole", "parts")]
    assert logs[0] == logs[1]


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    first = _train(tmp_path / "first")
    second = _train(tmp_path / "second")
    other = _train(tmp_path / "other", dataclasses.replace(TINY, seed=1))

    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["b4.const"], other["b4.const"])


def test_threads_do_not_change_the_weights(tmp_path: Path) -> None:
    one = _train(tmp_path / "one")

    output = tmp_path / "two" / "generator.safetensors"
    train_generator(output, TINY, folder=output.parent, held_out=4, threads=2)
    two = torch.load(output.parent / "state.pt", weights_only=True)["modules"]["average"]

    assert all(torch.equal(one[key], two[key]) for key in one)


def test_the_log_ends_with_the_held_out_figure(tmp_path: Path) -> None:
    _train(tmp_path)

    last = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])

    assert last["step"] == 12 and last["resolution"] == 32
    assert math.isfinite(last["loss"]) and math.isfinite(last["psnr"])


def test_the_written_generator_draws_what_was_trained(tmp_path: Path) -> None:
    state = _train(tmp_path)
    network = new_synthesis(TINY)
    network.load_state_dict(state)
    factors = _factors(3)

    generator = StyleGAN2.load(tmp_path / "generator.safetensors")
    rows = generator.info.num_layers
    latents = Latents(code_of(factors)[:, None].expand(-1, rows, -1).contiguous())
    images = generator.synthesize(latents)

    # Half-precision weights: 2^-11 each, of pictures of about 1, adding up over eight layers.
    torch.testing.assert_close(images, images_of(network, factors), atol=0.01, rtol=0)
    assert generator.info.domain == "facets" and generator.info.licence == "Apache-2.0"


def test_what_factors_do_not_use_of_w_does_not_show(tmp_path: Path) -> None:
    generator = _generator(tmp_path)
    w = generator.sample(2, seed=0, truncation=1.0).w

    seen = generator.synthesize(Latents(code_of(factors_of(w).flatten(0, 1)).view_as(w)))

    # Off the span by 0.1 a coordinate; what is left is the rounding of half precision.
    torch.testing.assert_close(generator.synthesize(Latents(w)), seen, atol=2e-3, rtol=0)


def test_the_mean_code_is_the_portrait_of_zero_factors(tmp_path: Path) -> None:
    generator = _generator(tmp_path)

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


def test_an_encoder_gives_codes_in_the_span_of_the_factors() -> None:
    torch.manual_seed(4)
    encoder = FacetsEncoder(8, width=4).eval()
    torch.nn.init.normal_(encoder.offsets.weight)

    with torch.no_grad():
        w = encoder(render(_factors(2), 64))

    assert w.shape == (2, 8, 512)
    # float32 rounding of numbers of about 5.
    again = code_of(factors_of(w).flatten(0, 1)).view_as(w)
    torch.testing.assert_close(w, again, atol=1e-4, rtol=0)


def test_an_encoder_stopped_and_continued_is_the_same(tmp_path: Path) -> None:
    generator = _generator(tmp_path / "generator")

    def run(name: str, until: int | None = None) -> dict[str, Tensor]:
        folder = tmp_path / name
        train_encoder(
            folder / "encoder.safetensors",
            TINY_ENCODER,
            folder=folder,
            generator=generator,
            held_out=4,
            force=True,
            until=until,
        )
        state = torch.load(folder / "state.pt", weights_only=True)
        return dict(state["modules"]["average"])

    whole = run("whole")
    run("parts", until=4)
    parts = run("parts")

    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    encoder = read_encoder(tmp_path / "whole" / "encoder.safetensors")
    # Trained at the resolution it was made for and read back in half precision.
    assert encoder(render(_factors(1), 32)).shape == (1, generator.info.num_layers, 512)


def test_an_encoder_learns_the_factors() -> None:
    torch.manual_seed(5)
    model = FacetsEncoder(2, width=4)
    factors, images = _factors(16), render(_factors(16), 64)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

    errors = []
    for _ in range(20):
        loss = (model.read(images)[0] - factors).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(loss.item())

    assert errors[-1] < 0.5 * errors[0]
