"""The recipe of the bundled encoder, on networks of a few channels."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from dynode.latents.latents import Latents
from dynode.stylegan2 import GeneratorConfig, GeneratorNetwork, StyleGAN2
from dynode_facets.bundled import weights_path
from dynode_facets.encoder import load_encoder
from dynode_facets.factors import FACTORS, population
from dynode_facets.render import render
from dynode_facets.training.encoder import EncoderRecipe, train_encoder
from dynode_facets.w_space import CODE_SPACE, code_of, factors_of
from dynode_worlds.encoder import WorldEncoder, read_encoder
from dynode_worlds.training.losses import psnr

TINY = EncoderRecipe(steps=3, picture_steps=2, batch=4, picture_batch=4, width=4)


def _factors(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_the_bundled_encoder_gives_the_portrait_back() -> None:
    generator = StyleGAN2.load(weights_path("generator"))
    z = torch.randn(16, 512, generator=torch.Generator().manual_seed(7))
    images = render(population(z))

    with torch.inference_mode():
        again = generator.synthesize(Latents(load_encoder()(images))).clamp(-1, 1)

    # 34.1 over 256 portraits, with a deviation of about 2.5 from one to the next.
    assert psnr(again, images) > 32


def test_an_encoder_gives_codes_in_the_span_of_the_factors() -> None:
    torch.manual_seed(4)
    encoder = WorldEncoder(CODE_SPACE, 8, width=4).eval()
    torch.nn.init.normal_(encoder.offsets.weight)

    with torch.no_grad():
        w = encoder(render(_factors(2), 64))

    assert w.shape == (2, 8, 512)
    # float32 rounding of numbers of about 5.
    again = code_of(factors_of(w).flatten(0, 1)).view_as(w)
    torch.testing.assert_close(w, again, atol=1e-4, rtol=0)


def test_an_encoder_stopped_and_continued_is_the_same(tmp_path: Path) -> None:
    torch.manual_seed(6)
    config = GeneratorConfig(32, dict.fromkeys((4, 8, 16, 32), 8), mapping_layers=2)
    generator = StyleGAN2(GeneratorNetwork(config).requires_grad_(False), name="tiny")

    def run(name: str, until: int | None = None) -> dict[str, Tensor]:
        folder = tmp_path / name
        train_encoder(
            folder / "encoder.safetensors",
            TINY,
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
    encoder = read_encoder(tmp_path / "whole" / "encoder.safetensors", CODE_SPACE, world="facets")
    # Trained at the resolution it was made for and read back in half precision.
    assert encoder(render(_factors(1), 32)).shape == (1, generator.info.num_layers, 512)


def test_an_encoder_learns_the_factors() -> None:
    torch.manual_seed(5)
    model = WorldEncoder(CODE_SPACE, 2, width=4)
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
