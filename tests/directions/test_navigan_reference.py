"""Directions of weights move pictures as the published NaviGAN does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode import plugins
from dynode.direction.weight_basis import FixedBasis, LayerDirections, SingularBasis
from dynode.distance.distance import PixelDistance, ResizedDistance
from dynode.importing import PublishedFile, import_directions, read_content
from dynode.latents.latents import Latents
from dynode.stylegan2.generator import StyleGAN2
from dynode_navigan import plugin
from dynode_navigan.published import FiniteDifferences, iterate, project
from dynode_navigan.published_reader import layer_name, trained_directions, trained_part


@pytest.fixture(autouse=True)
def registered() -> None:
    plugins.registry().register(plugin, "the test")


Case = Any


def tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {key: torch.from_numpy(value) for key, value in arrays.items()}


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def generator_of(states: dict[str, Any], folder: Path) -> StyleGAN2:
    return StyleGAN2.load(saved(folder / "g.pt", {"g_ema": tensors(states["generator"])}))


def layer_of(case: dict[str, Any]) -> str:
    return layer_name(case["config"]["layer_ix"])


def assert_close(found: Tensor | float, expected: np.ndarray, case: dict[str, Any]) -> None:
    """Compare within the case's own tolerance, which its notes derive from float64."""
    allowed = case["tolerance"]
    np.testing.assert_allclose(
        torch.as_tensor(found).numpy(), expected, atol=allowed["atol"], rtol=allowed["rtol"]
    )


def checkpoint(states: dict[str, Any], folder: Path) -> Path:
    content = {"step": 1, "deformator": {}, "shift_predictor": {}}
    return saved(
        folder / "checkpoint.pt", {**content, "generator": tensors(states["checkpoint_generator"])}
    )


def check_kind(kind: str, moved: LayerDirections, generator: StyleGAN2, case: Case) -> None:
    about, _, inputs, outputs = case
    prefix = "rectification_" if kind.endswith("rectification") else ""
    directions = torch.from_numpy(inputs[f"{prefix}directions"])
    shifts = torch.from_numpy(inputs[f"{prefix}shifts"])
    codes = generator.map(torch.from_numpy(inputs["z"]))

    images = generator.synthesize(moved.move(codes, directions, shifts))
    offset = moved.offset(directions, shifts, 2)
    deltas = torch.einsum("nk,koihw->noihw", offset.coefficients, offset.basis)

    assert_close(images, outputs[f"{kind}_image"], about)
    assert_close(deltas[:, :8, :8], outputs[f"{kind}_weight_shift"], about)
    norms = deltas.double().flatten(1).norm(dim=1)
    assert_close(norms.float(), outputs[f"{kind}_weight_shift_norm"], about)


@pytest.fixture(scope="module")
def svd_case(reference_case: Callable[[str], Case]) -> Case:
    return reference_case("navigan-svd-64")


@pytest.fixture(scope="module")
def svd_generator(svd_case: Case, tmp_path_factory: pytest.TempPathFactory) -> StyleGAN2:
    return generator_of(svd_case[1], tmp_path_factory.mktemp("svd"))


@pytest.fixture(scope="module")
def plain_svd(svd_case: Case, svd_generator: StyleGAN2) -> LayerDirections:
    layer = layer_of(svd_case[0])
    weight = svd_generator.network.synthesis.layer(layer).weight
    return LayerDirections.plain(layer, SingularBasis.of(weight), weight.detach())


def test_singular_directions_are_the_published(
    svd_case: Case, svd_generator: StyleGAN2, plain_svd: LayerDirections
) -> None:
    check_kind("svd", plain_svd, svd_generator, svd_case)


def test_one_number_serves_the_whole_batch(svd_case: Case, plain_svd: LayerDirections) -> None:
    about, _, inputs, outputs = svd_case

    offset = plain_svd.offset(int(inputs["directions"][0]), float(inputs["shifts"][1]), 2)

    deltas = torch.einsum("nk,koihw->noihw", offset.coefficients, offset.basis)
    assert_close(deltas[:, :4, :4], outputs["scalar_weight_shift"], about)


def test_without_a_direction_the_picture_is_the_plain_one(
    svd_case: Case, svd_generator: StyleGAN2
) -> None:
    about, _, inputs, outputs = svd_case

    image = svd_generator.synthesize(svd_generator.map(torch.from_numpy(inputs["z"][:1])))

    assert_close(image, outputs["image_plain"], about)
    assert_close(image[..., ::4, ::4], outputs["image_disabled"], about)


def test_trained_singular_directions_take_their_vectors_from_the_checkpoint(
    svd_case: Case, svd_generator: StyleGAN2, tmp_path: Path
) -> None:
    path = checkpoint(svd_case[1], tmp_path)

    trained = trained_directions(PublishedFile(path, read_content(path, [trained_part])))

    check_kind("svd_rectification", trained, svd_generator, svd_case)


@pytest.mark.slow  # 32 million weights
def test_directions_of_a_fixed_basis_are_the_published(
    reference_case: Callable[[str], Case], tmp_path: Path
) -> None:
    case = reference_case("navigan-basis-64")
    generator = generator_of(case[1], tmp_path)
    vectors = torch.from_numpy(case[1]["eigenvectors"]["tensor"])
    plain = LayerDirections.plain(layer_of(case[0]), FixedBasis(vectors[:, 0]), vectors)
    basis = saved(tmp_path / "eigenvectors.pt", vectors)
    path = checkpoint(case[1], tmp_path)

    trained = trained_directions(PublishedFile(path, read_content(path, [trained_part])), basis)
    imported = import_directions(path, format="navigan", basis=basis)

    check_kind("hessian", plain, generator, case)
    check_kind("hessian_rectification", trained, generator, case)
    assert len(imported) == len(trained)
    first = imported[0].apply(Latents(torch.zeros(1, generator.info.num_layers, 512)), 1.0)
    torch.testing.assert_close(first.weights[0].basis, trained.units(torch.tensor([0])))


def test_a_saved_deformation_is_the_published_and_draws_the_same(
    reference_case: Callable[[str], Case], tmp_path: Path
) -> None:
    from dynode import WeightDirection
    from dynode.importing import export_direction

    about, states, inputs, outputs = reference_case("navigan-deformation-file")
    generator = generator_of(states, tmp_path)
    vectors = torch.from_numpy(states["eigenvectors"]["tensor"])
    plain = LayerDirections.plain(layer_of(about), FixedBasis(vectors[:, 0]), vectors)
    number, length = about["config"]["saved_direction"], about["config"]["saved_shift_scale"]
    unit = plain.units(torch.tensor([number]))[0]

    export_direction(WeightDirection(plain.layer, unit * length), tmp_path / "saved.pt")
    (back,) = import_directions(tmp_path / "saved.pt")
    held = torch.load(tmp_path / "saved.pt", weights_only=True)
    codes = generator.map(torch.from_numpy(inputs["z"][:1]))

    assert list(held["shift"].shape) == outputs["saved_shift_shape"].tolist()
    assert_close(held["shift"][:, :, :8, :8], outputs["saved_shift"], about)
    assert_close(held["shift"].double().norm().float(), outputs["saved_shift_norm"], about)
    assert_close(generator.synthesize(back.apply(codes, -1)), outputs["image_from_saved"], about)
    assert_close(generator.synthesize(back.apply(codes, 0)), outputs["image_zero"], about)


def measured(vector: Tensor) -> tuple[np.ndarray, float]:
    """What the case stores of a vector: a slice of the unit vector, scaled, and the log length."""
    norm = vector.double().norm()
    unit = vector.double() / norm * vector.numel() ** 0.5
    return unit[:8, :8].numpy(), float(norm.log())


@pytest.fixture(scope="module")
def hessian_case(reference_case: Callable[[str], Case]) -> Case:
    return reference_case("navigan-hvp")


def hessian_of(generator: StyleGAN2, case: Case) -> FiniteDifferences:
    about, _, inputs, _ = case
    config = about["config"]
    resized = ResizedDistance(PixelDistance(), config["lpips_interpolation_size"], "nearest")
    codes = generator.map(torch.from_numpy(inputs["zs"]))
    batch, epsilon = config["batch_size"], config["epsilon"]
    return FiniteDifferences(
        generator, codes, layer_of(about), resized, batch=batch, epsilon=epsilon
    )


def vectors_of(case: Case) -> tuple[Tensor, Tensor]:
    vectors = case[1]["vectors"]
    return torch.from_numpy(vectors["v"])[0], torch.from_numpy(vectors["previous"])[0, 0]


@pytest.mark.slow  # four passes of a network of 32 million weights
def test_finite_differences_are_the_published(hessian_case: Case, tmp_path: Path) -> None:
    about, states, _, outputs = hessian_case
    hessian = hessian_of(generator_of(states, tmp_path), hessian_case)
    start, previous = vectors_of(hessian_case)

    results = {
        "gradient": hessian.gradient(about["config"]["epsilon"] * start),
        "step": hessian.product(start),
        "projected": project(start, [previous]),
    }

    for name, vector in results.items():
        part, log_norm = measured(vector)
        assert_close(part, outputs[name], about)
        assert_close(log_norm, outputs[f"{name}_log_norm"], about)


@pytest.mark.slow
def test_two_rounds_of_the_power_iteration_are_the_published(
    hessian_case: Case, tmp_path: Path
) -> None:
    about, states, _, outputs = hessian_case
    generator = generator_of(states, tmp_path).to(dtype=torch.float64)
    start, previous = vectors_of(hessian_case)

    vector = iterate(
        hessian_of(generator, hessian_case),
        start.double(),
        [previous.double()],
        iterations=about["config"]["max_iter"],
    )

    part, log_norm = measured(vector)
    assert_close(part, outputs["eigenvector"], about)
    assert_close(log_norm, outputs["eigenvector_log_norm"], about)
