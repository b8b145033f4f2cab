"""Checkpoints of encoders and mappers, which carry a generator as `decoder.`."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode.errors import UnsupportedCheckpointError
from dynode.stylegan2.checkpoints import inspect_checkpoint, read_checkpoint, write_checkpoint
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.network import GeneratorNetwork
from dynode.weights import read_tensors

CONFIG = GeneratorConfig(8, {4: 512, 8: 512}, mapping_layers=1)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """A small generator under the published names."""
    torch.manual_seed(2)
    state = {k: torch.randn(v.shape) for k, v in GeneratorNetwork(CONFIG).state_dict().items()}
    path = tmp_path_factory.mktemp("published") / "generator.pt"
    write_checkpoint(Checkpoint("dynode", CONFIG, state), path, "rosinality")
    content = read_tensors(path)
    assert isinstance(content, dict)
    return dict(content["g_ema"])


def save(content: object, folder: Path) -> Path:
    path = folder / "encoder.pt"
    torch.save(content, path)
    return path


OPTIONS = {"encoder_type": "Encoder4Editing", "stylegan_size": 8, "device": "cuda:0"}


@pytest.mark.parametrize("options", [OPTIONS, argparse.Namespace(**OPTIONS)], ids=["dict", "args"])
@pytest.mark.parametrize("rows", [None, 1, 4], ids=["no mean", "one row", "all rows"])
def test_the_decoder_is_read(
    published: dict[str, Tensor], tmp_path: Path, options: object, rows: int | None
) -> None:
    state = {f"decoder.{key}": value for key, value in published.items()}
    state["encoder.input_layer.0.weight"] = torch.ones(64, 3, 3, 3)
    content = {"state_dict": state, "opts": options}
    if rows is not None:
        content["latent_avg"] = torch.ones(512) if rows == 1 else torch.ones(rows, 512)

    checkpoint = read_checkpoint(save(content, tmp_path))

    assert checkpoint.layout == "encoder"
    assert checkpoint.generator == CONFIG
    assert checkpoint.generator_state is not None
    assert checkpoint.generator_state["mapping.w_avg"].shape == ((4, 512) if rows == 4 else (512,))
    assert torch.equal(
        checkpoint.generator_state["synthesis.b8.conv1.weight"], published["convs.1.conv.weight"][0]
    )


def test_a_mapper_checkpoint_is_described(published: dict[str, Tensor], tmp_path: Path) -> None:
    state = {"mapper.course_mapping.1.weight": torch.ones(512, 512)}
    state |= {f"decoder.{key}": value for key, value in published.items()}

    summary = inspect_checkpoint(save({"state_dict": state, "opts": {}}, tmp_path))

    assert (summary.layout, summary.container) == ("encoder", "torch-zip")
    assert summary.generator == CONFIG
    assert summary.metadata == {"weights": "decoder", "mean_w": "estimated"}


def test_an_encoder_alone_says_what_is_missing(tmp_path: Path) -> None:
    path = save({"state_dict": {"encoder.body.0.weight": torch.ones(2)}}, tmp_path)

    with pytest.raises(UnsupportedCheckpointError, match=r"no generator \('decoder\.'\)"):
        read_checkpoint(path)
