"""facets-256: the portraits of facets-128 at twice the size, and everything found for one fits the other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import dynode
from dynode_facets.world import FACETS
from dynode_worlds.finer import drawn_finer_by
from dynode_worlds.training.losses import psnr
from dynode_worlds.training.refining import RefiningRecipe, train_refinement

pytestmark = pytest.mark.installed_plugins


@pytest.fixture
def pair() -> tuple[dynode.StyleGAN2, dynode.StyleGAN2]:
    small, finer = (
        dynode.load_generator(name, device="cpu") for name in ("facets-128", "facets-256")
    )
    assert isinstance(small, dynode.StyleGAN2)
    assert isinstance(finer, dynode.StyleGAN2)
    return small, finer


def test_it_is_known_as_the_same_generator(pair: tuple[dynode.StyleGAN2, dynode.StyleGAN2]) -> None:
    small, finer = pair
    codes = small.sample(2, seed=3)

    assert finer.info.name == "facets-256"
    assert finer.info.fingerprint == small.info.fingerprint
    assert finer.info.crop == small.info.crop
    assert torch.equal(finer.synthesize(codes, resolution=128), small.synthesize(codes))


def test_it_draws_what_the_renderer_draws(pair: tuple[dynode.StyleGAN2, dynode.StyleGAN2]) -> None:
    z = torch.randn(8, 512, generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        drawn = pair[1].synthesize(pair[1].map(z, truncation=1.0)).clamp(-1, 1)
        truth = FACETS.render(FACETS.population.factors(z), 256)
        doubled = torch.nn.functional.interpolate(
            pair[0].synthesize(pair[0].map(z, truncation=1.0)), scale_factor=2, mode="bicubic"
        )

    # 37.1 dB over 512 portraits is what the card says, 34.0 without the block; eight scatter by one.
    assert psnr(drawn, truth) > 36
    assert psnr(drawn, truth) > psnr(doubled.clamp(-1, 1), truth) + 2


def test_a_ready_direction_and_the_encoder_serve_it(tmp_path: Path) -> None:
    finer = dynode.load_generator("facets-256", device="cpu")
    picture = tmp_path / "face.png"
    codes = finer.sample(1, seed=4)
    dynode.generate(seeds=[4], generator=finer).save(picture)

    made = dynode.edit(picture, directions=["smile"], generator=finer)

    assert made.after.shape[-1] == 256
    assert made.changes["smile"] > 0.7
    found = dynode.invert(picture, generator=finer).latents
    assert float((found.w - codes.w).square().mean().sqrt()) < 0.5  # of about one


def test_a_stopped_training_goes_on_to_the_same_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynode_worlds.training.refining._PICTURES", 1)
    small = dynode.load_generator("facets-128", device="cpu")
    recipe = RefiningRecipe(channels=2, steps=2, batch=1)

    for name, stops in (("one", (None,)), ("two", (1, None))):
        for until in stops:
            train_refinement(
                FACETS, small, tmp_path / f"{name}.safetensors", recipe,
                folder=tmp_path / name, force=True, until=until,
            )  # fmt: skip

    assert (tmp_path / "one.safetensors").read_bytes() == (
        tmp_path / "two.safetensors"
    ).read_bytes()
    assert drawn_finer_by(tmp_path / "one.safetensors", small).info.resolution == (256, 256)
