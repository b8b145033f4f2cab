"""Pictures that are not square, against the published arithmetic written out plainly."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.errors import UsageError
from dynode.latents.latents import Latents
from dynode.stylegan2.blocks import SynthesisState
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.stylegan2.discriminator import DiscriminatorNetwork
from dynode.stylegan2.generator import StyleGAN2
from dynode.stylegan2.network import GeneratorNetwork
from dynode.testing import run_command

BASES = [
    pytest.param((4, 2), id="half as wide as high"),
    pytest.param((4, 8), id="twice as wide as high"),
    pytest.param((3, 5), id="neither a power of two"),
]
KERNEL = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])).double() / 64
# Two orders of the same float64 sums of some hundred terms.
FLOAT64 = {"rtol": 0, "atol": 1e-9}


def drawing(base: tuple[int, int], channels: int = 6, resolution: int = 16) -> StyleGAN2:
    blocks = {4 << level: channels for level in range(resolution.bit_length() - 2)}
    config = GeneratorConfig(resolution, blocks, z_dim=8, w_dim=8, mapping_layers=2, base=base)
    torch.manual_seed(0)
    network = GeneratorNetwork(config).eval().requires_grad_(False)
    for name, part in network.named_parameters():
        if name.endswith("noise_strength"):
            part.fill_(0.3)
    return StyleGAN2(network, name="shape")


def filtered(x: Tensor, before: int, after: int) -> Tensor:
    """Filter with the kernel of sum 4, zeros around."""
    padded = F.pad(x, (before, after, before, after))
    weight = (4 * KERNEL).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(padded, weight, groups=x.shape[1])


def modulated(state: dict[str, Tensor], name: str, x: Tensor, row: Tensor, *, up: bool) -> Tensor:
    """Scale the weights by the style of one picture, as published, and convolve."""
    weight = state[f"{name}.weight"]
    style = row @ state[f"{name}.affine.weight"].t() * row.shape[1] ** -0.5
    style = (style + state[f"{name}.affine.bias"])[0]
    scaled = weight * style[:, None, None] * weight[0].numel() ** -0.5
    if weight.shape[-1] == 1:
        return F.conv2d(x, scaled)
    scaled = scaled * (scaled.square().sum((1, 2, 3), keepdim=True) + 1e-8).rsqrt()
    if up:
        return filtered(F.conv_transpose2d(x, scaled.transpose(0, 1), stride=2), 1, 1)
    return F.conv2d(x, scaled, padding=1)


def published(generator: StyleGAN2, w: Tensor) -> Tensor:
    """Draw one code (1, rows, width) by the description of the published network."""
    network = generator.network
    named = network.synthesis.state_dict()
    state = {name: tensor.double() for name, tensor in named.items()}
    x, image, row = state["b4.const"][None], None, 0
    for block in network.config.resolutions:
        for layer in ("conv0", "conv1")[1 if block == 4 else 0 :]:
            name = f"b{block}.{layer}"
            x = modulated(state, name, x, w[:, row], up=layer == "conv0")
            x = x + state[f"{name}.noise_const"] * state[f"{name}.noise_strength"]
            x = F.leaky_relu(x + state[f"{name}.bias"][:, None, None], 0.2) * 2**0.5
            row += 1
        drawn = modulated(state, f"b{block}.torgb", x, w[:, row], up=False)
        drawn = drawn + state[f"b{block}.torgb.bias"][:, None, None]
        if image is not None:
            n, c, height, width = image.shape
            sparse = image.new_zeros(n, c, 2 * height, 2 * width)
            sparse[:, :, ::2, ::2] = image
            drawn = drawn + filtered(sparse, 2, 1)
        image = drawn
    assert image is not None
    return image


@pytest.mark.robust(kind="F", member="pictures that are not square, drawn as described")
@pytest.mark.parametrize("base", BASES)
def test_pictures_are_those_of_the_published_arithmetic(base: tuple[int, int]) -> None:
    generator = drawing(base).to(dtype=torch.float64)
    latents = generator.sample(1, seed=0)

    image = generator.synthesize(latents)

    assert image.shape == (1, 3, 4 * base[0], 4 * base[1])
    assert generator.info.resolution == image.shape[2:]
    torch.testing.assert_close(image, published(generator, latents.w), **FLOAT64)


@pytest.mark.robust(kind="F", member="pictures that are not square, stopped early")
@pytest.mark.parametrize("base", BASES)
def test_drawing_stops_at_a_height(base: tuple[int, int]) -> None:
    generator = drawing(base)
    latents = generator.sample(2, seed=0)

    early = generator.synthesize(latents, resolution=2 * base[0])

    assert early.shape == (2, 3, 2 * base[0], 2 * base[1])
    inputs = generator.layer_inputs(latents, resolution=2 * base[0])
    prefix = generator.network.synthesis.advance(SynthesisState(), inputs, until=8)
    torch.testing.assert_close(early, prefix.image, rtol=0, atol=0)
    with pytest.raises(UsageError, match="cannot be rendered"):
        generator.synthesize(latents, resolution=2 * base[0] + 1)


@pytest.mark.robust(kind="F", member="pictures that are not square, drawn in strips")
@pytest.mark.parametrize("base", BASES[:2])
def test_strips_draw_the_same(base: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    from dynode.stylegan2 import strips

    monkeypatch.setattr(strips, "FEWEST_VALUES", 1)
    monkeypatch.setattr(strips, "STRIP_VALUES", 1)  # as thin as they get
    generator = drawing(base, resolution=64)
    latents = generator.sample(2, seed=0)
    ran = []
    run = strips.run
    monkeypatch.setattr(strips, "run", lambda *a, **k: (ran.append(1), run(*a, **k))[1])

    image = generator.synthesize(latents)
    generator.network.synthesis.in_strips = False
    whole = generator.synthesize(latents)

    assert len(ran) == 4
    # Float32 sums of some hundred terms of size 1, in another order.
    torch.testing.assert_close(image, whole, rtol=0, atol=1e-4)


@pytest.mark.robust(kind="F", member="a discriminator of pictures that are not square")
def test_a_discriminator_judges_them(tmp_path: Path) -> None:
    blocks = {4: 8, 8: 8}
    judge = DiscriminatorConfig(8, blocks, base=(4, 2))
    config = GeneratorConfig(8, blocks, z_dim=8, w_dim=8, mapping_layers=2, base=(4, 2))
    torch.manual_seed(0)
    network, generator = DiscriminatorNetwork(judge), GeneratorNetwork(config)
    state, drawn = dict(network.state_dict()), dict(generator.state_dict())
    checkpoint = Checkpoint("dynode", config, drawn, judge, state, {})

    for layout in ("dynode", "nvlabs"):
        write_checkpoint(checkpoint, tmp_path / layout, layout)
        from dynode.stylegan2.loading import load_discriminator

        loaded = load_discriminator(tmp_path / layout)
        assert loaded.config == judge
        assert loaded(torch.zeros(4, 3, 8, 4)).shape == (4, 1)


@pytest.mark.robust(kind="F", member="bodies through generate, edit and invert")
def test_every_command_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.delenv("DYNODE_LOAD_PLUGINS")
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    generator = drawing((4, 2), resolution=64)
    state = dict(generator.network.state_dict())
    write_checkpoint(
        Checkpoint("dynode", generator.network.config, state), Path("g.safetensors"), "dynode"
    )
    Image.new("RGB", (90, 160), "red").save("photo.png")

    for arguments in (
        ["generate", "--seeds", "3", "-o", "one.png"],
        ["edit", "--plugin", "sefa", "--edited-only", "-o", "edited.png"],
        [
            "invert",
            "photo.png",
            "--inverter",
            "optimize",
            "--inverter-option",
            "steps=20",
            "-o",
            "codes.safetensors",
        ],
        ["edit", "codes.safetensors", "--plugin", "sefa", "--edited-only", "-o", "again.png"],
    ):
        result = run_command([*arguments, "--generator", "g.safetensors"])
        assert result.exit_code == 0, result.stderr

    for name in ("one.png", "edited.png", "again.png"):
        with Image.open(name) as image:
            assert image.size == (32, 64)
    assert Latents.load(Path("codes.safetensors")).w.shape == (1, 10, 8)
