"""Pivotal tuning: the delta, its size, and what it draws."""

from __future__ import annotations

import pytest
import torch

from dynode.errors import MissingWeightsError, OptionError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import LowRankOffset
from dynode.plugins.methods import silent
from dynode_pti.delta import Delta
from dynode_pti.inversion import invert
from dynode_pti.options import PtiOptions

QUICK = {"pivot": "optimize", "pivot_steps": 15, "perceptual": 0.0, "learning_rate": 0.03}


@pytest.fixture
def strange(images):
    """Pictures that no code of the generator draws."""
    return images.flip(3) * 0.7 + 0.1


def error_of(generator, latents: Latents, images) -> float:
    with torch.no_grad():
        return float((generator.synthesize(latents) - images).square().mean())


@pytest.mark.parametrize("rank", [0, 2])
def test_tuning_draws_what_the_code_cannot(generator, strange, inverters, rank) -> None:
    before = generator.info.fingerprint
    options = PtiOptions(rank=rank, steps=40, **QUICK)

    found = invert(generator, strange, options, seed=0, progress=silent)

    pivot = error_of(generator, Latents(found.w), strange)
    assert error_of(generator, found, strange) < 0.5 * pivot
    assert generator.info.fingerprint == before


def test_each_picture_has_a_delta_of_its_own(generator, strange, inverters) -> None:
    options = PtiOptions(rank=2, steps=10, **QUICK)

    together = invert(generator, strange, options, seed=0, progress=silent)
    alone = invert(generator, strange[1:], options, seed=0, progress=silent)

    with torch.no_grad():
        drawn, expected = generator.synthesize(together)[1:], generator.synthesize(alone)
    # Optimisers amplify rounding from step to step.
    torch.testing.assert_close(drawn, expected, rtol=0, atol=0.02)
    narrow = together[1].compact().weights[-1]
    assert isinstance(narrow, LowRankOffset) and narrow.count == 1 and narrow.rank == 2


def test_one_delta_serves_all_frames(generator, strange, inverters) -> None:
    options = PtiOptions(rank=2, steps=60, delta="one", **QUICK)

    found = invert(generator, strange, options, seed=0, progress=silent)

    assert all(offset.count == 1 for offset in found.weights)
    assert error_of(generator, found, strange) < 0.7 * error_of(
        generator, Latents(found.w), strange
    )
    assert inverters["pti"].wants_whole_clips(options)
    assert not inverters["pti"].wants_whole_clips(PtiOptions())


def test_a_delta_is_zero_at_first_and_small_where_it_has_rank(generator) -> None:
    latents = generator.sample(2, seed=0)
    whole = Delta(generator, 0)
    delta = Delta(generator, 1, {layer: torch.ones_like(w[0]) for layer, w in whole.whole.items()})

    with torch.no_grad():
        drawn = generator.synthesize(delta.on(latents))

    torch.testing.assert_close(drawn, generator.synthesize(latents), rtol=0, atol=1e-5)
    assert delta.count < 0.25 * whole.count
    counted = sum(part.numel() for offset in delta.on(latents).weights for part in offset.shared)
    assert counted == delta.count


def test_the_narrow_convolutions_see_what_the_error_depends_on(generator) -> None:
    random = torch.Generator().manual_seed(0)
    gradients = {
        layer: torch.randn(shape, generator=random)
        for layer, shape in generator.info.conv_layers.items()
    }

    delta = Delta(generator, 3, gradients)

    assert delta.factors
    for layer, (down, up) in delta.factors.items():
        exact = gradients[layer].flatten(1).double()
        _, _, right = torch.linalg.svd(exact, full_matrices=False)
        rows = down.detach().flatten(1).double()
        # The same subspace: what is cut off by either is what the other cuts off.
        torch.testing.assert_close(
            rows.T @ rows / (4 * down.shape[1]), right[:3].T @ right[:3], rtol=0, atol=1e-5
        )
        assert not up.any()


def test_a_gradient_of_less_rank_still_gives_rows_of_one_length(generator) -> None:
    zeros = {layer: torch.zeros(shape) for layer, shape in generator.info.conv_layers.items()}

    for down, _ in Delta(generator, 2, zeros).factors.values():
        rows = down.detach().flatten(1)
        torch.testing.assert_close(
            rows @ rows.T, 4 * down.shape[1] * torch.eye(2), rtol=1e-5, atol=1e-3
        )


def test_locality_keeps_other_pictures(generator, strange, inverters) -> None:
    def strayed(weight: float) -> float:
        options = PtiOptions(rank=2, steps=30, locality=weight, **QUICK)
        found = invert(generator, strange[:1], options, seed=0, progress=silent)
        other = generator.sample(1, seed=9)
        near = Latents(torch.lerp(found.w, other.w, 0.3), {}, found.weights)
        with torch.no_grad():
            moved = generator.synthesize(near) - generator.synthesize(Latents(near.w))
        return float(moved.square().mean())

    assert strayed(5.0) < 0.8 * strayed(0.0)


def test_it_is_no_pivot_of_itself(generator, images, inverters) -> None:
    with pytest.raises(OptionError, match="itself"):
        invert(generator, images, PtiOptions(pivot="pti"), seed=0, progress=silent)


def test_without_another_inverter_there_is_no_pivot(generator, images) -> None:
    with pytest.raises(MissingWeightsError, match="--pivot"):
        invert(generator, images, PtiOptions(), seed=0, progress=silent)


def test_a_file_holds_the_delta_and_no_copy_of_the_generator(
    generator, strange, inverters, tmp_path
) -> None:
    options = PtiOptions(rank=1, steps=5, **QUICK)
    found = invert(generator, strange[:1], options, seed=0, progress=silent)

    found.save(tmp_path / "codes.safetensors", fingerprint=generator.info.fingerprint)
    loaded = Latents.load(tmp_path / "codes.safetensors", fingerprint=generator.info.fingerprint)

    with torch.no_grad():
        assert torch.equal(generator.synthesize(loaded), generator.synthesize(found))
