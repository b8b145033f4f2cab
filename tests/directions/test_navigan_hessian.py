"""The Hessian of a distance in a layer's weight, and its leading eigenvectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from dynode.distance.distance import Distance, PixelDistance, ResizedDistance
from dynode.errors import CorruptCheckpointError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator
from dynode_navigan.curvature import Curvature
from dynode_navigan.lanczos import leading_pairs
from dynode_navigan.published import FiniteDifferences, published_eigenvectors
from dynode_navigan.rendering import layer_render

LAYERS = ["b4.conv1", "b4.torgb", "b8.conv0", "b8.conv1", "b16.conv0", "b16.torgb"]


class Squares(Distance):
    """Nonlinear features, so that the Gauss-Newton form is not the trivial one of pixels."""

    name = "squares"

    def features(self, images: Tensor) -> Tensor:
        return torch.cat([images, images.square()], dim=1).flatten(1) / 10


@pytest.fixture
def exact() -> StyleGAN2:
    channels = {4: 5, 8: 4, 16: 3}
    return tiny_generator(16, w_dim=12, channels=channels).to(dtype=torch.float64)


def drawn(generator: StyleGAN2, latents: Latents, layer: str, delta: Tensor) -> Tensor:
    ones = latents.w.new_ones(len(latents), 1)
    return generator.synthesize(latents.add_weights(WeightOffset(layer, delta[None], ones)))


def dense_hessian(generator: StyleGAN2, latents: Latents, layer: str, distance: Distance) -> Tensor:
    """Differentiate the distance twice, by reverse mode, with the moved weight as an offset."""
    shape = generator.info.conv_layers[layer]
    target = generator.synthesize(latents).detach()

    def mean_distance(delta: Tensor) -> Tensor:
        moved = drawn(generator, latents, layer, delta.view(shape))
        return distance.distance(target, moved).mean()

    zero = torch.zeros(int(np.prod(shape)), dtype=torch.float64)
    return torch.autograd.functional.hessian(mean_distance, zero)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_drawn_from_its_prefix_draws_the_same(exact: StyleGAN2, layer: str) -> None:
    latents = exact.sample(2, seed=0)
    delta = torch.randn(exact.info.conv_layers[layer], dtype=torch.float64)

    image = layer_render(exact, latents, layer)(delta)

    torch.testing.assert_close(image, drawn(exact, latents, layer, delta), rtol=0, atol=1e-10)


@pytest.mark.parametrize("layer", ["b8.conv0", "b16.torgb"])
@pytest.mark.parametrize("batch", [1, 3])
def test_products_are_those_of_the_hessian(exact: StyleGAN2, layer: str, batch: int) -> None:
    latents, distance = exact.sample(3, seed=0), Squares()
    curvature = Curvature(exact, latents, layer, distance, batch=batch)
    vector = torch.randn(curvature.size, dtype=torch.float64)

    product = curvature.product(vector)

    expected = dense_hessian(exact, latents, layer, distance) @ vector
    # float64 sums of a few thousand terms.
    torch.testing.assert_close(product, expected, rtol=1e-8, atol=1e-12)
    measured = curvature.along(vector)
    torch.testing.assert_close(measured.mean(), vector @ expected, rtol=1e-8, atol=1e-12)


def test_renders_are_counted(exact: StyleGAN2) -> None:
    curvature = Curvature(exact, exact.sample(4, seed=0), "b8.conv0", PixelDistance(), batch=4)
    vector = torch.randn(curvature.size, dtype=torch.float64)

    for _ in range(3):
        curvature.product(vector)

    # Forwards once for what is kept and once a product; one tangent and one backward a product.
    assert (curvature.renders.forward, curvature.renders.tangent) == (4 + 12, 12)
    assert curvature.renders.backward == 12


def test_finite_differences_with_a_small_step_agree(exact: StyleGAN2) -> None:
    latents, distance = exact.sample(2, seed=0), Squares()
    curvature = Curvature(exact, latents, "b8.conv1", distance)
    differences = FiniteDifferences(exact, latents, "b8.conv1", distance, epsilon=1e-5)
    vector = torch.randn(curvature.size, dtype=torch.float64)

    product = differences.product(vector).flatten()

    # The published product is that of the unit vector; the error is the step squared.
    expected = curvature.product(vector / vector.norm())
    torch.testing.assert_close(product, expected, rtol=1e-5, atol=1e-8)


def test_the_published_iteration_finds_the_subspace_in_double_precision(exact: StyleGAN2) -> None:
    latents, distance = exact.sample(2, seed=0), PixelDistance()
    hessian = FiniteDifferences(exact, latents, "b8.conv0", distance)

    found = published_eigenvectors(hessian, 2, seed=0, iterations=30).flatten(1)

    values = torch.linalg.eigvalsh(dense_hessian(exact, latents, "b8.conv0", distance)).flip(0)
    # The finite step is far from zero in the first round only; later ones are tiny.
    torch.testing.assert_close(found.norm(dim=1)[0], values[0], rtol=1e-2, atol=0)


def spectrum(size: int, decay: float) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    axes = torch.linalg.qr(torch.randn(size, size, generator=random, dtype=torch.float64))[0]
    values = decay ** torch.arange(size, dtype=torch.float64)
    return (axes * values) @ axes.t(), values


@pytest.mark.parametrize("block", [1, 2, 4])
def test_leading_pairs_are_those_of_the_dense_matrix(block: int) -> None:
    matrix, values = spectrum(120, 0.8)
    like = torch.zeros(0, dtype=torch.float64)

    found = leading_pairs(
        lambda v: matrix @ v, 120, 6, seed=0, like=like, block=block, tolerance=1e-6
    )

    torch.testing.assert_close(found.values, values[:6], rtol=1e-9, atol=0)
    torch.testing.assert_close(
        found.vectors @ found.vectors.t(), torch.eye(6, dtype=torch.float64), rtol=0, atol=1e-10
    )
    worst = (found.vectors @ matrix - found.values[:, None] * found.vectors).norm(dim=1)
    # The estimate comes from the small matrix; the true one differs by rounding.
    torch.testing.assert_close(worst, found.residuals, rtol=1e-3, atol=1e-10)
    assert found.products < 60


def test_leading_pairs_of_a_generator_are_those_of_scipy(exact: StyleGAN2) -> None:
    latents = exact.sample(3, seed=0)
    curvature = Curvature(exact, latents, "b8.conv1", ResizedDistance(PixelDistance(), 8))
    size = curvature.size

    ours = leading_pairs(
        curvature.product, size, 4, seed=0, like=curvature.zero, tolerance=1e-6, most=size
    )

    operator = LinearOperator(
        (size, size),
        matvec=lambda v: curvature.product(torch.from_numpy(np.ravel(v))).numpy(),
        dtype=np.float64,
    )
    values, vectors = eigsh(operator, 4, which="LA", v0=np.ones(size))
    np.testing.assert_allclose(ours.values.numpy(), values[::-1], rtol=1e-8)
    overlap = np.linalg.svd(ours.vectors.numpy() @ vectors, compute_uv=False)
    np.testing.assert_allclose(overlap, 1, atol=1e-6)


def test_an_exhausted_space_is_no_failure() -> None:
    matrix = torch.diag(torch.tensor([3.0, 2.0, 0.0, 0.0, 0.0, 0.0], dtype=torch.float64))
    like = torch.zeros(0, dtype=torch.float64)

    found = leading_pairs(lambda v: matrix @ v, 6, 4, seed=0, like=like)

    expected = torch.tensor([3.0, 2.0, 0.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(found.values, expected, rtol=0, atol=1e-10)


class Stopped(Exception):
    """Stands for a killed process."""


def test_a_stopped_search_goes_on_to_the_same_result(tmp_path: Path) -> None:
    matrix, _ = spectrum(60, 0.7)
    like = torch.zeros(0, dtype=torch.float64)

    def search(keep: Path | None, fail_at: int = 10**9) -> Tensor:
        calls = 0

        def product(vector: Tensor) -> Tensor:
            nonlocal calls
            calls += 1
            if calls > fail_at:
                raise Stopped
            return matrix @ vector

        return leading_pairs(
            product, 60, 4, seed=3, like=like, keep=keep, key="this", every=2, tolerance=1e-3
        ).vectors

    with pytest.raises(Stopped):
        search(tmp_path / "state.safetensors", fail_at=7)
    resumed = search(tmp_path / "state.safetensors")

    assert torch.equal(resumed, search(None))


def test_the_state_of_another_search_is_refused(tmp_path: Path) -> None:
    matrix, _ = spectrum(20, 0.7)
    like, keep = torch.zeros(0, dtype=torch.float64), tmp_path / "state.safetensors"
    leading_pairs(lambda v: matrix @ v, 20, 2, seed=0, like=like, keep=keep, key="one", every=1)

    with pytest.raises(CorruptCheckpointError, match="does not hold this search.*delete it"):
        leading_pairs(lambda v: matrix @ v, 20, 2, seed=0, like=like, keep=keep, key="other")
