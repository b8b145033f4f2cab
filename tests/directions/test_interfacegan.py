"""InterFaceGAN: boundaries as published, a fast solver for the same problem, conditions, search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import dynode
from dynode import LinearDirection, ZDirection, plugins
from dynode.direction.base import Direction
from dynode.errors import DynodeError, OptionError
from dynode.generator.population import draw_population
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import PixelScorer, tiny_generator
from dynode_interfacegan import plugin
from dynode_interfacegan.boundary import project, train_boundary
from dynode_interfacegan.solvers import solve_fast, solve_published


def unit_rows(count: int, width: int, *, seed: int = 0) -> list[Tensor]:
    rows = torch.randn(count, width, generator=torch.Generator().manual_seed(seed)).double()
    return list((rows / rows.norm(dim=1, keepdim=True)).split(1))


# --- the published procedure ----------------------------------------------------------------------


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize(
    ("solver", "cosine"),
    # The published solver itself stops at a tolerance of 1e-3, up to 1e-5 of cosine from the optimum.
    [("published", 0.99999), ("fast", 0.99998)],
)
def test_a_boundary_is_the_published_one(
    reference_case: Callable[[str], Any], call: int, solver: str, cosine: float
) -> None:
    case, _, inputs, outputs = reference_case("interfacegan-boundary")
    settings = case["config"]["calls"][call]

    boundary = train_boundary(
        torch.from_numpy(inputs["latents"]),
        torch.from_numpy(inputs["scores"]),
        chosen_num_or_ratio=settings["chosen_num_or_ratio"],
        split_ratio=settings["split_ratio"],
        solver=solver,
        seed=settings["np_seed"],
    )

    wanted = outputs[f"boundary_{call}"]
    assert boundary.normal.dtype == torch.float32
    assert float((boundary.normal.numpy() * wanted).sum()) >= cosine
    assert np.abs(boundary.normal.numpy() - wanted).max() <= case["tolerance"]["atol"]


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_projection_is_the_published_one(
    reference_case: Callable[[str], Any], count: int
) -> None:
    case, _, inputs, outputs = reference_case("interfacegan-project")
    rows = [torch.from_numpy(inputs[f"boundary_{index}"]) for index in range(count + 1)]

    projected = project(rows[0], rows[1:])

    # The case's own tolerance.
    assert np.allclose(projected.numpy(), outputs[f"project_{count}"], atol=2e-6, rtol=1e-4)


def test_a_code_in_w_is_brought_to_distances_as_published(
    reference_case: Callable[[str], Any],
) -> None:
    case, _, inputs, outputs = reference_case("interfacegan-project")
    told = case["config"]["interpolations"][0]
    code = torch.from_numpy(inputs[told["latent"]])
    boundary = torch.from_numpy(inputs[f"boundary_{told['boundary']}"])[0]
    distances = torch.linspace(told["start_distance"], told["end_distance"], told["steps"])

    # The published tool sets the distance from the boundary; strength 1 is a shift by 1.
    moved = LinearDirection(boundary).apply(
        dynode.Latents(code[:, None].expand(len(distances), -1, -1)), distances - code @ boundary
    )

    # The case's own tolerance.
    assert np.allclose(moved.w[:, 0].numpy(), outputs["interp_0"], atol=2e-6, rtol=1e-4)


def test_applying_the_direction_moves_w_plus_codes_as_published(
    reference_case: Callable[[str], Any],
) -> None:
    _, _, inputs, outputs = reference_case("interfacegan-project")
    direction = LinearDirection(torch.from_numpy(inputs["boundary_1"])[0])
    code = torch.from_numpy(inputs["wp"])

    moved = direction.apply(dynode.Latents(code.expand(4, -1, -1)), torch.linspace(-2.0, 4.0, 4))

    assert np.allclose(moved.w.numpy(), outputs["interp_1"], atol=2e-6, rtol=1e-4)


def test_invalid_scores_are_left_out() -> None:
    codes = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))
    scores = codes[:, 0].clone()
    spoilt = scores.clone()
    spoilt[::5] = -9.0
    kept = torch.arange(200) % 5 != 0

    with_invalid = train_boundary(codes, spoilt, chosen_num_or_ratio=0.2, invalid_value=-9.0)
    without = train_boundary(codes[kept], scores[kept], chosen_num_or_ratio=0.2)

    assert torch.equal(with_invalid.normal, without.normal)


def test_the_normal_points_to_high_scores_and_the_accuracies_say_so() -> None:
    codes = torch.randn(2000, 6, generator=torch.Generator().manual_seed(0))

    boundary = train_boundary(codes, codes[:, 2], chosen_num_or_ratio=0.1)

    assert float(boundary.normal[0, 2]) > 0.99
    assert boundary.validation_accuracy == 1.0
    assert boundary.remaining_accuracy > 0.95
    assert boundary.chosen == 200


# --- the fast solver ------------------------------------------------------------------------------


def clouds(count: int, width: int, overlap: float) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(count + width)
    codes = torch.randn(count, width, generator=random) + 3.0
    noise = overlap * torch.randn(count, generator=random)
    return codes, codes[:, 0] + 0.5 * codes[:, 1] + noise > 4.5


@pytest.mark.parametrize(
    ("count", "width", "overlap"),
    [(300, 8, 0.0), (300, 8, 1.0), (40, 64, 0.5), (600, 30, 3.0)],
    ids=["separable", "overlapping", "fewer samples than dimensions", "mostly noise"],
)
def test_the_fast_solver_finds_the_plane_of_the_published_one(
    count: int, width: int, overlap: float
) -> None:
    codes, positive = clouds(count, width, overlap)

    published, fast = solve_published(codes, positive), solve_fast(codes, positive)

    cosine = torch.nn.functional.cosine_similarity(published.normal, fast.normal, dim=0)
    # Both stop short of the optimum: libsvm at a tolerance of 1e-3, ours at a gap of 0.1 %.
    assert float(cosine) > 0.9995
    assert float(fast.normal.norm()) == pytest.approx(float(published.normal.norm()), rel=0.02)
    assert torch.equal(fast.side(codes) > 0, published.side(codes) > 0) or overlap > 0


@pytest.mark.robust(kind="M")
@pytest.mark.parametrize(
    "count",
    [
        pytest.param(100, id="the fast solver of boundaries, 100 samples"),
        pytest.param(300, id="the fast solver of boundaries, 300 samples"),
        pytest.param(560, id="the fast solver of boundaries, 560 samples"),
    ],
)
def test_the_fast_solver_is_the_published_one_at_the_width_of_w(count: int) -> None:
    codes, _ = clouds(20 * count, 512, 0.5)
    order = (codes[:, 0] + 0.5 * codes[:, 1]).argsort()
    codes = codes[torch.cat([order[-count // 2 :], order[: count // 2]])]
    positive = torch.arange(len(codes)) < count // 2

    published, fast = solve_published(codes, positive), solve_fast(codes, positive)

    cosine = torch.nn.functional.cosine_similarity(published.normal, fast.normal, dim=0)
    # libsvm stops at a tolerance of 1e-3: 1e-6 off at these sizes, ours 1e-13.
    assert float(cosine) >= 0.99998


def test_the_fast_solver_reaches_a_lower_objective() -> None:
    codes, positive = clouds(400, 10, 2.0)
    signs = torch.where(positive, 1.0, -1.0).double()

    def objective(plane: Any) -> float:
        slack = (1 - signs * plane.side(codes)).clamp(min=0)
        return float(0.5 * plane.normal.square().sum() + slack.sum())

    # A gap of 0.1 % at most.
    assert objective(solve_fast(codes, positive)) <= 1.001 * objective(
        solve_published(codes, positive)
    )


# --- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_conditioned_boundary_is_orthogonal_to_every_condition(count: int) -> None:
    primal, *conditions = unit_rows(count + 1, 16)

    projected = project(primal, conditions)

    for condition in conditions:
        assert abs(float((projected * condition).sum())) < 1e-12  # float64 rounding
    assert float(projected.norm()) == pytest.approx(1.0)


def dependent() -> tuple[Tensor, list[Tensor]]:
    """the 2 conditions depend on each other"""
    primal, condition = unit_rows(2, 8)
    return primal, [condition, -condition]


def dependent_sum() -> tuple[Tensor, list[Tensor]]:
    """the 3 conditions depend on each other"""
    primal, first, second = unit_rows(3, 8)
    return primal, [first, second, (first + second) / (first + second).norm()]


def the_primal_itself() -> tuple[Tensor, list[Tensor]]:
    """the conditions leave .* of the boundary"""
    primal, condition = unit_rows(2, 8)
    return primal, [condition, primal]


def other_width() -> tuple[Tensor, list[Tensor]]:
    """a boundary has shape \\(1, 9\\)"""
    return unit_rows(1, 8)[0], unit_rows(1, 9)


@pytest.mark.parametrize(
    "make", [dependent, dependent_sum, the_primal_itself, other_width], ids=lambda m: m.__name__
)
def test_conditions_that_cannot_be_held_are_refused_in_one_line(
    make: Callable[[], tuple[Tensor, list[Tensor]]],
) -> None:
    primal, conditions = make()
    assert make.__doc__ is not None

    with pytest.raises(OptionError, match=make.__doc__) as raised:
        project(primal, conditions)

    assert "\n" not in str(raised.value)


CODES = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("codes", "scores", "message"),
    [
        (CODES, torch.zeros(50), "all 50 samples have the score 0, one class only"),
        (CODES[:1], torch.zeros(1), "one class only"),
        (CODES, torch.full((50,), float("nan")), "not finite"),
        (CODES * float("inf"), CODES[:, 0], "not finite"),
        (CODES, CODES[:20, 0], "expected \\(n, d\\)"),
        (CODES[:, None].expand(-1, 3, -1), CODES[:, 0], "for W\\+ codes take one row"),
        (CODES[:2], CODES[:2, 0], "0 to train on; expected at least 1"),
        (torch.ones(50, 4), CODES[:, 0], "the codes of both ends are the same"),
    ],
    ids=[
        "one class",
        "one sample",
        "NaN scores",
        "infinite codes",
        "fewer scores",
        "W+ codes",
        "too few",
        "equal codes",
    ],
)
def test_samples_that_make_no_boundary_are_refused_in_one_line(
    codes: Tensor, scores: Tensor, message: str
) -> None:
    with pytest.raises(OptionError, match=message) as raised:
        train_boundary(codes, scores, chosen_num_or_ratio=0.2, solver="fast")

    assert "\n" not in str(raised.value)


# --- the method -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=8)


@pytest.fixture(autouse=True)
def _registered() -> None:
    registry = plugins.registry()
    registry.register(plugin, "dynode_interfacegan")
    registry.scorers.add(PixelScorer(), "test")


def find(generator: StyleGAN2, **options: Any) -> Direction:
    values = {"attribute": "warm", "samples": 400, "ratio": 0.2, "calibrate": False} | options
    found = dynode.find("interfacegan", generator, seed=1, **values)
    assert isinstance(found, Direction)
    return found


def test_the_direction_raises_its_attribute(generator: StyleGAN2) -> None:
    direction = find(generator)

    latents = generator.sample(32, seed=9)
    scorer = PixelScorer().load("cpu")
    before = scorer.score(generator.synthesize(latents))[:, 1]
    after = scorer.score(generator.synthesize(direction.apply(latents, 1.0)))[:, 1]
    assert isinstance(direction, LinearDirection)
    assert float(direction.delta.norm()) == pytest.approx(1.0, abs=1e-5)
    assert float((after - before).mean()) > 0
    assert direction.info.figures["validation_accuracy"] > 0.8
    assert direction.info.fingerprint == generator.info.fingerprint
    assert direction.info.name == "warm"


def test_calibrated_it_moves_the_attribute_by_one_deviation(generator: StyleGAN2) -> None:
    direction = find(generator, calibrate=True)

    assert direction.info.calibration.attribute == "warm"
    assert direction.info.calibration.effect == pytest.approx(1.0, abs=0.021)  # it stops at 2 %


def test_the_same_seed_finds_the_same_direction(generator: StyleGAN2) -> None:
    first, second = find(generator), find(generator)

    assert isinstance(first, LinearDirection) and isinstance(second, LinearDirection)
    assert torch.equal(first.delta, second.delta)
    assert first.info == second.info


def test_in_w_it_is_the_boundary_of_codes_and_scores(generator: StyleGAN2) -> None:
    population = draw_population(generator, 400, seed=1)
    scores = PixelScorer().load("cpu").score(generator.synthesize(population.latents))

    direction = find(generator)

    boundary = train_boundary(
        population.latents.w[:, 0],
        scores[:, 1],
        chosen_num_or_ratio=0.2,
        seed=1,
        solver="fast",
    )
    assert isinstance(direction, LinearDirection)
    assert torch.allclose(direction.delta, boundary.normal[0], atol=1e-4)  # batches of other sizes


def test_in_z_it_is_a_direction_of_normal_vectors(generator: StyleGAN2) -> None:
    direction = find(generator, space="z")

    assert isinstance(direction, ZDirection)
    population = draw_population(generator, 64, seed=9)
    scorer = PixelScorer().load("cpu")
    moved = population.remap(generator, direction.apply_z(population.z, 1.0))
    change = scorer.score(generator.synthesize(moved)) - scorer.score(
        generator.synthesize(population.latents)
    )
    assert float(change[:, 1].mean()) > 0


def test_in_w_plus_every_row_has_its_own_boundary(generator: StyleGAN2) -> None:
    direction = find(generator, space="w+")

    assert isinstance(direction, LinearDirection)
    assert direction.delta.shape == (generator.info.num_layers, generator.info.w_dim)
    assert not torch.allclose(direction.delta[0], direction.delta[-1], atol=0.01)


@pytest.mark.parametrize("ratio", [0.1, 0.4])
def test_a_condition_is_held(generator: StyleGAN2, ratio: float) -> None:
    held = find(generator, attribute="light", ratio=ratio)

    direction = find(generator, conditions="light", condition_ratio=ratio)

    assert isinstance(direction, LinearDirection) and isinstance(held, LinearDirection)
    assert abs(float(direction.delta @ held.delta)) < 1e-6  # float32
    assert direction.info.name == "warm-c-light"


def test_a_direction_file_can_be_the_condition(generator: StyleGAN2, tmp_path: Path) -> None:
    path = tmp_path / "light.safetensors"
    find(generator, attribute="light", ratio=0.3).save(path)

    by_file = find(generator, conditions=str(path))
    by_name = find(generator, conditions="light")

    assert isinstance(by_file, LinearDirection) and isinstance(by_name, LinearDirection)
    assert torch.allclose(by_file.delta, by_name.delta, atol=1e-6)


def labels(path: Path, generator: StyleGAN2, seeds: Sequence[int]) -> Path:
    scorer = PixelScorer().load("cpu")
    lines = ["seed,light,warm"]
    for seed in seeds:
        score = scorer.score(generator.synthesize(generator.sample(1, seed=seed, truncation=1.0)))
        lines.append(f"{seed},{float(score[0, 0])},{float(score[0, 1])}")
    path.write_text("\n".join(lines))
    return path


def test_labels_by_seed_are_enough(generator: StyleGAN2, tmp_path: Path) -> None:
    table = labels(tmp_path / "labels.csv", generator, range(120))

    direction = find(generator, labels=table, samples=0)

    from_scorer = find(generator)
    assert isinstance(direction, LinearDirection) and isinstance(from_scorer, LinearDirection)
    assert direction.info.figures["samples"] == 120
    assert float(direction.delta @ from_scorer.delta) > 0.5  # 120 samples against 400


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attribute": ""}, "--attribute is missing; choose one of light, warm, side"),
        ({"attribute": "wram"}, "did you mean 'warm'"),
        ({"conditions": "glasses"}, "the condition 'glasses' is no attribute of the scorer"),
        ({"conditions": "absent.safetensors"}, "absent.safetensors"),
        ({"conditions": "light,light"}, "the 2 conditions depend on each other"),
        ({"conditions": "warm"}, "the conditions leave"),
        ({"space": "x"}, "unknown value of --space"),
        ({"samples": 1}, "one class only"),
        ({"samples": 10, "ratio": 0.02}, "expected at least 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_options_that_make_no_boundary_are_refused_in_one_line(
    generator: StyleGAN2, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DynodeError) as raised:
        find(generator, **options)

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_fewer_labels_than_asked_for_are_an_error(generator: StyleGAN2, tmp_path: Path) -> None:
    table = labels(tmp_path / "labels.csv", generator, range(10))

    with pytest.raises(OptionError, match="labels 10 pictures, 400 were asked for"):
        find(generator, labels=table)


def test_labels_of_one_class_only_are_an_error(generator: StyleGAN2, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("seed,warm\n" + "\n".join(f"{seed},1" for seed in range(30)))

    with pytest.raises(OptionError, match="one class only"):
        find(generator, labels=path, samples=0)


def test_a_condition_from_another_space_is_an_error(generator: StyleGAN2, tmp_path: Path) -> None:
    path = tmp_path / "light.safetensors"
    find(generator, attribute="light", space="z").save(path)

    with pytest.raises(OptionError, match="is a direction of space 'z'; expected 'w\\+'"):
        find(generator, conditions=str(path))


@pytest.mark.robust(kind="M")
@pytest.mark.parametrize(
    ("count", "width"),
    [(30, 64), (100, 16), (200, 512), (400, 64), (1000, 32)],
    ids=[
        "30 samples of width 64",
        "100 samples of width 16",
        "200 samples of width 512",
        "400 samples of width 64",
        "1000 samples of width 32",
    ],
)
def test_the_fast_solver_finds_the_published_plane_at_every_size(count: int, width: int) -> None:
    numbers = torch.Generator().manual_seed(count)
    codes = 1 + torch.randn(count, width, generator=numbers, dtype=torch.float64)
    axis = torch.randn(width, generator=numbers, dtype=torch.float64)
    noise = 0.3 * axis.norm() * torch.randn(count, generator=numbers, dtype=torch.float64)
    scores = codes @ axis + noise
    positive = scores > scores.median()

    published, fast = solve_published(codes, positive), solve_fast(codes, positive)

    cosine = torch.nn.functional.cosine_similarity(published.normal, fast.normal, dim=0)
    assert float(cosine) >= 0.99998
