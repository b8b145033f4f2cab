"""Encoder files that cannot be used say why."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dynode.errors import (
    CorruptCheckpointError,
    MissingWeightsError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)
from dynode_encoders.config import KINDS, EncoderConfig
from dynode_encoders.identity import load_face_embedding
from dynode_encoders.network import Encoder
from dynode_encoders.reading import read_encoder, write_encoder

SMALL = {"w_dim": 8, "widths": (4, 6, 8, 10), "units": (1, 1, 1, 1), "head_width": 5}
OPTIONS = {"encoder_type": "Encoder4Editing", "stylegan_size": 64, "start_from_latent_avg": True}


def content_of(kind: str = "Encoder4Editing", **options: Any) -> dict[str, Any]:
    torch.manual_seed(0)
    inputs = 3 if "Gradual" in kind or "4" in kind or "Single" in kind else 6
    network = Encoder(EncoderConfig(kind, rows=10, inputs=inputs, **SMALL)).eval()
    return {
        "state_dict": {f"encoder.{k}": v for k, v in network.state_dict().items()},
        "latent_avg": torch.randn(10, 8),
        "opts": {**OPTIONS, "encoder_type": kind, **options},
    }


PUBLISHED = [kind for kind, traits in KINDS.items() if traits.backbone != "compact"]


@pytest.mark.parametrize("kind", PUBLISHED)
def test_every_published_kind_is_read_with_its_shape(tmp_path, kind) -> None:
    content = content_of(kind)
    torch.save(content, tmp_path / "e.pt")

    encoder = read_encoder(tmp_path / "e.pt")

    assert (encoder.config.kind, encoder.config.rows, encoder.config.w_dim) == (kind, 10, 8)
    assert (encoder.config.widths, encoder.config.units) == (SMALL["widths"], SMALL["units"])
    codes = encoder.network(torch.zeros(1, encoder.config.inputs, 256, 256))
    assert codes.shape == (1, 10, 8)
    assert torch.equal(encoder.latent_avg, content["latent_avg"])


def test_an_encoder_without_an_average_start_has_none(tmp_path) -> None:
    torch.save(content_of(start_from_latent_avg=False), tmp_path / "e.pt")

    assert not read_encoder(tmp_path / "e.pt").latent_avg.any()


def test_an_encoder_of_ours_comes_back_in_half_precision(tmp_path) -> None:
    config = EncoderConfig("CompactEncoder", rows=4, w_dim=8, size=(32, 32), widths=(4, 6, 8, 10))
    network = Encoder(config).eval()
    write_encoder(network, torch.ones(4, 8), tmp_path / "e.safetensors", {"fingerprint": "abc"})

    encoder = read_encoder(tmp_path / "e.safetensors")

    assert encoder.config == config
    assert encoder.metadata["fingerprint"] == "abc"
    expected = {k: v.half().float() for k, v in network.state_dict().items() if v.ndim}
    found = encoder.network.state_dict()
    assert all(torch.equal(found[key], part) for key, part in expected.items())


def _lacking(content: dict[str, Any]) -> None:
    del content["state_dict"]["encoder.latlayer1.bias"]


def _misshapen(content: dict[str, Any]) -> None:
    content["state_dict"]["encoder.latlayer1.bias"] = torch.zeros(3)


def _not_finite(content: dict[str, Any]) -> None:
    content["state_dict"]["encoder.latlayer1.bias"][0] = float("nan")


def _unknown(content: dict[str, Any]) -> None:
    content["opts"]["encoder_type"] = "Transformer"


def _untold(content: dict[str, Any]) -> None:
    del content["opts"]["encoder_type"]
    for key in [key for key in content["state_dict"] if "latlayer" in key]:
        del content["state_dict"][key]


def _further(content: dict[str, Any]) -> None:
    content["state_dict"]["encoder.attention.weight"] = torch.zeros(3)


def _without_mean(content: dict[str, Any]) -> None:
    del content["latent_avg"]


def _no_encoder(content: dict[str, Any]) -> None:
    content["state_dict"] = {"decoder.x": torch.zeros(1)}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (_lacking, CorruptCheckpointError, "it lacks 'latlayer1.bias'"),
        (_misshapen, CorruptCheckpointError, r"has shape \(3,\), expected \(10,\)"),
        (_not_finite, CorruptCheckpointError, "not finite"),
        (_unknown, UnsupportedCheckpointError, "'Transformer'"),
        (_untold, UnsupportedCheckpointError, "do not tell 'encoder_type'"),
        (_further, UnsupportedCheckpointError, "also holds 'attention.weight'"),
        (_without_mean, CorruptCheckpointError, "lacks 'latent_avg'"),
        (_no_encoder, UnsupportedCheckpointError, "holds no encoder"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, change, error, message) -> None:
    content = content_of()
    change(content)
    torch.save(content, tmp_path / "e.pt")

    with pytest.raises(error, match=message):
        read_encoder(tmp_path / "e.pt")


class Evil:
    """Runs a command when it is unpickled by Python."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("run",))


def test_options_that_want_to_run_code_are_refused(tmp_path, capsys) -> None:
    torch.save({**content_of(), "opts": Evil()}, tmp_path / "e.pt")

    with pytest.raises(UnsafeCheckpointError):
        read_encoder(tmp_path / "e.pt")

    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_is_missing_weights(tmp_path) -> None:
    with pytest.raises(MissingWeightsError):
        read_encoder(tmp_path / "e.pt")


def test_a_file_of_something_else_is_no_face_embedding(tmp_path) -> None:
    torch.save({"state": {}}, tmp_path / "e.pt")

    with pytest.raises(UnsupportedCheckpointError, match=r"model_ir_se50\.pth"):
        load_face_embedding(tmp_path / "e.pt")
