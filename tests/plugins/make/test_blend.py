"""`dynode generators blend`: what it takes from whom, and that the slider draws what the blend draws."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
import dynode_make
from dynode.direction import NetworkDirection, load_direction
from dynode.errors import GeneratorMismatchError, OptionError
from dynode.testing import run_command, tiny_generator, write_tiny_generator

NOTHING_ELSE = ("weight", "affine.weight", "affine.bias")


def child_of(parent: dynode.StyleGAN2, *, whole: bool = False) -> dynode.StyleGAN2:
    """Fine-tuned by chance: convolutions and styles of every layer, or everything."""
    network = copy.deepcopy(parent.network)
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, part in network.state_dict().items():
            is_layer = name.startswith("synthesis.") and name.endswith(NOTHING_ELSE)
            if whole or is_layer:
                part += 0.2 * torch.randn(part.shape, generator=random)
    return dynode.StyleGAN2(network, name="child", licence="MIT")


@pytest.fixture
def parent() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.fixture
def child(parent: dynode.StyleGAN2) -> dynode.StyleGAN2:
    return child_of(parent)


def test_every_block_is_of_the_network_its_resolution_says(
    parent: dynode.StyleGAN2, child: dynode.StyleGAN2
) -> None:
    made = dynode_make.blend(parent, child, resolution=8).generator

    for name, part in made.network.state_dict().items():
        of = child if name.startswith(("synthesis.b8.", "synthesis.b16.")) else parent
        assert torch.equal(part, of.network.state_dict()[name]), name
    assert made.info.licence == "Apache-2.0 AND MIT"


def test_a_soft_border_fades_by_blocks(parent: dynode.StyleGAN2, child: dynode.StyleGAN2) -> None:
    made = dynode_make.blend(parent, child, resolution=16, soft=1, amount=0.5)

    assert dict(made.shares) == {"mapping": 0, "b4": 0, "b8": 0.25, "b16": 0.5}


def test_an_average_has_the_mean_of_all_weights(parent: dynode.StyleGAN2) -> None:
    child = child_of(parent, whole=True)

    made = dynode_make.blend(parent, child, average=0.5).generator

    ours, theirs = parent.network.state_dict(), child.network.state_dict()
    for name, part in made.network.state_dict().items():
        noise = name.endswith("noise_const")  # not mixed: the mean of two noises is weaker
        wanted = theirs[name] if noise else (ours[name] + theirs[name]) / 2
        torch.testing.assert_close(part, wanted)


@pytest.mark.parametrize("amount", [0.3, 1.0])
@pytest.mark.parametrize("resolution", [4, 8])
def test_the_slider_draws_what_the_blend_of_both_draws(
    parent: dynode.StyleGAN2, child: dynode.StyleGAN2, resolution: int, amount: float
) -> None:
    slider = dynode_make.blend(parent, child, resolution=resolution).slider()
    both = dynode_make.blend(parent, child, resolution=resolution, amount=amount).generator
    codes = parent.sample(3, seed=0)

    moved = parent.synthesize(slider.apply(codes, amount)).detach()

    wanted = both.synthesize(codes).detach()
    assert float((wanted - parent.synthesize(codes)).abs().max()) > 0.05
    # The same sums of float32 in another order.
    torch.testing.assert_close(moved, wanted, atol=2e-5, rtol=1e-4)


def test_a_slider_is_a_file_that_every_command_takes(
    parent: dynode.StyleGAN2, child: dynode.StyleGAN2, tmp_path: Path
) -> None:
    slider, codes = (
        dynode_make.blend(parent, child, resolution=8).slider(),
        parent.sample(2, seed=0),
    )

    slider.save(tmp_path / "child.safetensors")
    read = load_direction(tmp_path / "child.safetensors")

    read.check(parent.info)
    assert isinstance(read, NetworkDirection)
    assert torch.equal(
        parent.synthesize(read.apply(codes, 0.7)), parent.synthesize(slider.apply(codes, 0.7))
    )


def test_a_slider_of_full_rank_is_the_slider_and_of_a_low_one_smaller(
    parent: dynode.StyleGAN2, tmp_path: Path
) -> None:
    wide = tiny_generator(16, w_dim=8, channels=16)
    made, codes = dynode_make.blend(wide, child_of(wide), resolution=8), wide.sample(1, seed=0)
    whole = made.slider()

    low = whole.of_rank(2)
    error = sum(
        float((low.parts()[name] - part).square().sum()) for name, part in whole.parts().items()
    )
    best = sum(
        float(torch.linalg.svdvals(part.flatten(1))[2:].square().sum())
        for name, part in whole.weights.items()
        if name in low.factors
    )
    whole.save(tmp_path / "whole.safetensors")
    low.save(tmp_path / "low.safetensors")
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("low", "whole")]

    assert sizes[0] < 0.5 * sizes[1]
    assert error == pytest.approx(best, rel=1e-3)  # Eckart and Young, in float32
    drawn = wide.synthesize(load_direction(tmp_path / "low.safetensors").apply(codes, 1.0))
    dense = NetworkDirection(_weights(low), styles=low.styles)
    torch.testing.assert_close(drawn, wide.synthesize(dense.apply(codes, 1.0)), atol=1e-4, rtol=0)


def _weights(low: NetworkDirection) -> dict[str, torch.Tensor]:
    parts = low.parts()
    return {n.removeprefix("weight."): p for n, p in parts.items() if n.startswith("weight.")}


def test_what_a_slider_cannot_carry_is_said(parent: dynode.StyleGAN2) -> None:
    made = dynode_make.blend(parent, child_of(parent, whole=True), resolution=8)

    with pytest.warns(UserWarning, match="leaves out what codes cannot carry"):
        made.slider()


def test_strangers_are_said_or_refused(parent: dynode.StyleGAN2) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        network = type(parent.network)(parent.network.config)
    stranger = dynode.StyleGAN2(network, name="stranger")

    with pytest.warns(UserWarning, match="are strangers: their weights agree by"):
        dynode_make.blend(parent, stranger)
    with pytest.raises(GeneratorMismatchError, match=r"are strangers: synthesis\.b4"):
        dynode_make.blend(parent, tiny_generator(16, w_dim=8, channels=6))
    with pytest.raises(GeneratorMismatchError, match="are the same network"):
        dynode_make.blend(parent, parent)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"resolution": 12}, "--resolution is 12; expected one of"),
        ({"soft": -1}, "--soft is -1"),
        ({"average": 2.0}, "--average is 2"),
        ({"amount": -0.5}, "--amount is -0.5"),
        ({"average": 0.5, "resolution": 8}, "--average does not apply with --resolution"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(
    parent: dynode.StyleGAN2, child: dynode.StyleGAN2, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        dynode_make.blend(parent, child, **options)


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parent: dynode.StyleGAN2
) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator(tmp_path / "parent.safetensors", parent)
    write_tiny_generator(tmp_path / "child.safetensors", child_of(parent))
    yield tmp_path


def test_the_command_writes_a_generator_a_slider_and_a_sheet(folder: Path) -> None:
    asked = [
        "--resolution",
        "8",
        "--slider",
        "slider.safetensors",
        "--sheet",
        "sheet.png",
        "--json",
    ]

    ran = run_command(["generators", "blend", "parent.safetensors", "child.safetensors", *asked])

    assert json.loads(ran.stdout)["shares"]["b8"] == 1
    made = dynode.load_generator("blend.safetensors")
    parent = dynode.load_generator("parent.safetensors")
    codes = parent.sample(1, seed=3)
    slid = load_direction("slider.safetensors").apply(codes, 1.0)
    torch.testing.assert_close(
        parent.synthesize(slid), made.synthesize(codes), atol=2e-5, rtol=1e-4
    )
    assert Path("sheet.png").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["parent.safetensors", "nothing.pt"], "nothing.pt"),
        (["parent.safetensors", "child.safetensors", "--rank", "3"], "applies only with --slider"),
        (["parent.safetensors", "child.safetensors", "-o", "a.png"], "tells no layout"),
        (["parent.safetensors", "child.safetensors", "--resolution", "3"], "--resolution is 3"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: list[str], told: str) -> None:
    ran = run_command(["generators", "blend", *arguments])

    assert ran.exit_code in (1, 2, 3)
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not Path("blend.safetensors").exists()
