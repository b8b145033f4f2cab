"""Published encoders against outputs of the published code; benchmarks/encoders.py runs all rows."""

from __future__ import annotations

import pytest
import torch

from dynode.stylegan2 import StyleGAN2
from dynode_encoders.identity import face_of, identity_loss, load_face_embedding
from dynode_encoders.reading import read_encoder
from dynode_encoders.refinement import average_image, iterations

CASES = [
    pytest.param(
        "e4e-encoder-256",
        {"codes": None, "w_stage2": 2},
        (0, 2, 4, 9),
        id="e4e",
        marks=pytest.mark.slow,
    ),
    pytest.param(  # the network of e4e above, on pictures cut as for cars
        "e4e-encoder-cars",
        {"codes": None},
        (0, 15),
        id="e4e-of-wide-pictures",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        "restyle-psp-encoder", {"delta": None}, (0, 9), id="restyle-psp", marks=pytest.mark.slow
    ),
    pytest.param(  # what e4e and ReStyle of pSp read, together
        "restyle-e4e-encoder",
        {"delta": None, "delta_stage4": 4},
        (0, 4),
        id="restyle-e4e",
        marks=pytest.mark.slow,
    ),
    pytest.param("restyle-resnet-encoder", {"delta": None}, (0, 5), id="restyle-resnet"),
]


@pytest.mark.parametrize(("name", "outputs", "rows"), CASES)
def test_an_encoder_reads_what_the_published_code_reads(encoder_case, name, outputs, rows) -> None:
    wide = {"dataset_type": "cars_encode"} if "cars" in name else {}
    case = encoder_case(name, rows, **wide)

    encoder = read_encoder(case.path)

    for output, stage in outputs.items():
        with torch.inference_mode():
            codes = encoder.network(case.inputs["x"], stage=stage)
        case.assert_close(codes, output, rows)
    final = "w" if "w" in case.outputs else "codes_first"
    read = codes if stage is None else encoder.network(case.inputs["x"])
    case.assert_close(read + encoder.latent_avg, final, rows)


@pytest.mark.slow  # three turns of a whole encoder
def test_the_loop_draws_what_the_published_loop_draws(encoder_case) -> None:
    case = encoder_case("restyle-loop")
    config = case.case["config"]
    rows, columns = (slice(*part) for part in config["avg_image_slice"])

    encoder, generator = read_encoder(case.path), StyleGAN2.load(case.path)
    with torch.inference_mode():
        first = average_image(encoder, generator)
        turns = list(iterations(encoder, generator, case.inputs["x"], count=3))

    case.assert_close(first[0, :, rows, columns], "avg_image")
    case.assert_close(torch.cat([turn.codes for turn in turns]), "latents")
    case.assert_close(torch.cat([turn.images for turn in turns]), "images")


def test_a_face_has_the_embedding_of_the_published_network(encoder_case) -> None:
    case = encoder_case("arcface-irse50")
    images, targets = case.inputs["y_hat"], case.inputs["y"]

    embedding = load_face_embedding(case.path)

    case.assert_close(face_of(images)[:, :, 40:56, 40:56], "pooled_slice")
    with torch.inference_mode():
        case.assert_close(embedding.embed(images), "embedding_y_hat")
        case.assert_close(embedding.embed(targets), "embedding_y")
        case.assert_close(identity_loss(embedding, images, targets), "loss")
