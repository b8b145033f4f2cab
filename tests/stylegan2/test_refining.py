"""A generator with a block that has no row of its own: it draws the codes of a smaller one finer."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

import dynode
from dynode.errors import UnsupportedCheckpointError, UsageError
from dynode.stylegan2.building import build_network
from dynode.stylegan2.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.network import GeneratorNetwork
from dynode.testing import tiny_generator


@pytest.fixture
def small() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.fixture
def finer(small: dynode.StyleGAN2) -> dynode.StyleGAN2:
    config = dataclasses.replace(
        small.network.config,
        resolution=32,
        channels={**small.network.config.channels, 32: 4},
        refines=16,
    )
    torch.manual_seed(5)
    state = GeneratorNetwork(config).state_dict() | small.network.state_dict()
    return dynode.StyleGAN2(build_network(config, state, source="here"), name="finer")


def test_it_has_the_rows_and_the_fingerprint_of_the_smaller_one(
    small: dynode.StyleGAN2, finer: dynode.StyleGAN2
) -> None:
    assert finer.info.resolution == (32, 32)
    assert finer.info.num_layers == small.info.num_layers
    assert finer.info.fingerprint == small.info.fingerprint
    last = small.info.num_layers - 1
    assert [finer.info.style_rows[f"b32.{name}"] for name in ("conv0", "conv1", "torgb")] == [
        last
    ] * 3
    rest = {name: row for name, row in finer.info.style_rows.items() if not name.startswith("b32")}
    assert rest == small.info.style_rows


def test_at_the_smaller_size_it_draws_the_same_pictures(
    small: dynode.StyleGAN2, finer: dynode.StyleGAN2
) -> None:
    codes = small.sample(2, seed=3)

    assert torch.equal(finer.synthesize(codes, resolution=16), small.synthesize(codes))
    assert finer.synthesize(codes).shape == (2, 3, 32, 32)


def test_its_fingerprint_follows_the_smaller_ones_weights_alone(finer: dynode.StyleGAN2) -> None:
    before = finer.info.fingerprint
    layers = finer.network.synthesis

    layers.layer("b32.conv1").weight.mul_(1.1)
    assert finer.info.fingerprint == before
    layers.layer("b16.conv1").weight.mul_(1.1)
    assert finer.info.fingerprint != before


def test_the_own_layout_keeps_it_and_others_refuse_it(
    finer: dynode.StyleGAN2, tmp_path: Path
) -> None:
    state = finer.network.state_dict()
    checkpoint = Checkpoint("dynode", finer.network.config, state)

    write_checkpoint(checkpoint, tmp_path / "finer.safetensors", "dynode")
    with pytest.raises(UnsupportedCheckpointError, match="one of 16 px finer"):
        write_checkpoint(checkpoint, tmp_path / "finer.pt", "rosinality")

    assert read_checkpoint(tmp_path / "finer.safetensors").generator == finer.network.config
    read = dynode.StyleGAN2.load(tmp_path / "finer.safetensors")
    codes = finer.sample(1, seed=1)
    assert torch.equal(read.synthesize(codes), finer.synthesize(codes))
    assert not (tmp_path / "finer.pt").exists()


@pytest.mark.parametrize("block", [32, 5, 0], ids=["the last", "no block", "none"])
def test_only_a_block_before_the_last_can_be_refined(block: int) -> None:
    with pytest.raises(UsageError, match=f"generator refines is {block}"):
        GeneratorConfig(32, {4: 4, 8: 4, 16: 4, 32: 4}, refines=block)


def test_others_are_described_as_before(small: dynode.StyleGAN2) -> None:
    assert "refines" not in small.network.config.to_json()
