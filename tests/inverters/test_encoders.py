"""The inverters e4e and ReStyle around encoders from files."""

from __future__ import annotations

import pytest
import torch

from dynode.errors import (
    GeneratorMismatchError,
    MissingWeightsError,
    UnknownNameError,
    UnsupportedCheckpointError,
)
from dynode.pipeline.choosing import choose_inverter
from dynode.plugins.methods import silent
from dynode.testing import run_command, tiny_generator
from dynode_encoders.config import EncoderConfig
from dynode_encoders.network import Encoder
from dynode_encoders.reading import read_encoder, write_encoder
from dynode_encoders.refinement import iterations


@pytest.fixture
def encoder_file(generator, tmp_path):
    """Write an untrained encoder for the generator."""

    def write(inputs: int, name: str = "e.safetensors", **metadata: str):
        info = generator.info
        config = EncoderConfig(
            "CompactEncoder",
            rows=info.num_layers,
            w_dim=info.w_dim,
            inputs=inputs,
            size=(32, 32),
            widths=(4, 8, 12, 16),
        )
        torch.manual_seed(len(name))
        mean = generator.mean_w.expand(info.num_layers, info.w_dim)
        write_encoder(Encoder(config).eval(), mean, tmp_path / name, metadata)
        return tmp_path / name

    return write


def test_e4e_reads_all_pictures_in_one_pass(generator, images, inverters, encoder_file) -> None:
    path = encoder_file(3)
    options = inverters["e4e"].options(weights=path, batch=1)

    found = inverters["e4e"].invert(generator, images, options, seed=0, progress=silent)

    with torch.no_grad():
        expected = read_encoder(path).read(images)
    torch.testing.assert_close(found.w, expected)
    assert found.w.shape == (2, generator.info.num_layers, generator.info.w_dim)


def test_restyle_takes_the_asked_turns(generator, images, inverters, encoder_file) -> None:
    path = encoder_file(6)
    options = inverters["restyle"].options(weights=path, iterations=3)

    found = inverters["restyle"].invert(generator, images, options, seed=0, progress=silent)

    encoder = read_encoder(path)
    with torch.no_grad():
        turns = list(iterations(encoder, generator, encoder.prepare(images), count=3))
    torch.testing.assert_close(found.w, turns[-1].codes)
    assert not torch.equal(turns[0].codes, turns[1].codes)


def test_another_encoder_may_take_the_first_turn(
    generator, images, inverters, encoder_file
) -> None:
    one, two = encoder_file(6), encoder_file(6, "other.safetensors")
    options = inverters["restyle"].options(weights=one, first=two, iterations=2)

    found = inverters["restyle"].invert(generator, images, options, seed=0, progress=silent)

    first, second = read_encoder(two), read_encoder(one)
    with torch.no_grad():
        (start,) = iterations(first, generator, first.prepare(images), count=1)
        seen = second.prepare(images)
        (end,) = iterations(second, generator, seen, count=1, start=start)
    torch.testing.assert_close(found.w, end.codes)


@pytest.mark.parametrize("name", ["e4e", "restyle"])
def test_without_an_encoder_it_says_how_to_get_one(generator, images, inverters, name) -> None:
    method = inverters[name]

    assert not method.suits(generator.info)
    with pytest.raises(MissingWeightsError, match=f"dynode train {name}"):
        method.invert(generator, images, method.options(), seed=0, progress=silent)


def test_an_encoder_of_the_other_method_is_refused(
    generator, images, inverters, encoder_file
) -> None:
    options = inverters["restyle"].options(weights=encoder_file(3))

    with pytest.raises(UnsupportedCheckpointError, match="--inverter e4e"):
        inverters["restyle"].invert(generator, images, options, seed=0, progress=silent)


def test_an_encoder_of_another_generator_is_refused(
    generator, images, inverters, encoder_file
) -> None:
    other = tiny_generator(32, w_dim=16, channels=4)
    method = inverters["e4e"]

    with pytest.raises(GeneratorMismatchError, match="6 rows of width 16"):
        method.invert(
            other, images, method.options(weights=encoder_file(3)), seed=0, progress=silent
        )
    stranger = encoder_file(3, "stranger.safetensors", fingerprint="abc", generator="faces")
    with pytest.raises(GeneratorMismatchError, match="trained for generator faces"):
        method.invert(generator, images, method.options(weights=stranger), seed=0, progress=silent)


def test_unasked_for_the_optimiser_is_taken_where_no_encoder_is(generator, inverters) -> None:
    assert choose_inverter(generator, None).name == "optimize"


def test_training_is_a_command_with_the_recipe_as_flags(inverters, tmp_path, monkeypatch) -> None:
    from dynode.testing import write_tiny_generator

    monkeypatch.chdir(tmp_path)
    write_tiny_generator(tmp_path / "g.safetensors", tiny_generator(16, w_dim=8, channels=4))
    flags = ["--backbone", "compact", "--width", "4", "--size-px", "32", "--batch", "2"]
    flags += ["--steps", "2", "--perceptual", "0", "--optimizer", "muon", "--first-offset", "0"]

    result = run_command(["train", "e4e", "--generator", "g.safetensors", *flags])

    assert result.exit_code == 0, result.stderr
    assert result.stdout == "e4e.safetensors\n"
    assert read_encoder(tmp_path / "e4e.safetensors").metadata["method"] == "e4e"
    assert (tmp_path / "runs" / "e4e" / "log.jsonl").exists()
    assert run_command(["train", "nothing"]).exit_code == 2


def test_what_cannot_be_trained_is_named(inverters) -> None:
    import dynode

    with pytest.raises(UnknownNameError, match="restyle"):
        dynode.train("restlye")
