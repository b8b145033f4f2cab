"""Encoders see photographs as they were trained: the published preparation, written out here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import dynode
from dynode.media.clip import open_clip
from dynode_encoders.config import EncoderConfig
from dynode_encoders.network import Encoder
from dynode_encoders.reading import read_encoder
from dynode_encoders.refinement import iterations

SHAPES = {"4:3": (320, 240), "3:4": (240, 320), "16:9": (320, 180), "square": (200, 200)}
KINDS = {"e4e": ("Encoder4Editing", 3), "restyle": ("ResNetBackboneEncoder", 6)}
# Two passes of one network over batches of other sizes, float32; codes are about 1.
CLOSE = {"rtol": 0, "atol": 1e-4}


def published(photo: Image.Image, size: tuple[int, int]) -> Tensor:
    """torchvision's Resize(size), ToTensor and Normalize(0.5, 0.5) of a Pillow image."""
    height, width = size
    resized = np.asarray(photo.resize((width, height), Image.Resampling.BILINEAR))
    unit = torch.from_numpy(resized.transpose(2, 0, 1).astype(np.float32)) / 255
    return ((unit - 0.5) / 0.5)[None]


def photograph(size: tuple[int, int], seed: int = 0) -> Image.Image:
    noise = np.random.RandomState(seed).randint(0, 256, (12, 16, 3)).astype(np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def written(generator, inverters, tmp_path, monkeypatch):
    """Write a published encoder checkpoint of one data set."""
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))

    def write(inverter: str, dataset: str) -> Path:
        kind, inputs = KINDS[inverter]
        info = generator.info
        small = {"widths": (4, 6, 8, 10), "units": (1, 1, 1, 1), "head_width": 5}
        config = EncoderConfig(kind, rows=info.num_layers, w_dim=info.w_dim, inputs=inputs, **small)
        torch.manual_seed(1)
        network = Encoder(config).eval()
        content = {
            "state_dict": {f"encoder.{k}": v for k, v in network.state_dict().items()},
            "latent_avg": torch.randn(info.num_layers, info.w_dim),
            "opts": {"encoder_type": kind, "stylegan_size": 1024, "dataset_type": dataset},
        }
        torch.save(content, tmp_path / "encoder.pt")
        return tmp_path / "encoder.pt"

    return write


def expected(inverter: str, path: Path, generator, pictures: Tensor) -> Tensor:
    encoder = read_encoder(path)
    with torch.no_grad():
        if inverter == "e4e":
            return encoder.network(pictures) + encoder.latent_avg
        return list(iterations(encoder, generator, pictures, count=5))[-1].codes


@pytest.mark.robust(kind="F", member="car and other photographs are resized whole, as published")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("dataset", "size"), [("cars_encode", (192, 256)), ("church_encode", (256, 256))]
)
@pytest.mark.parametrize("inverter", KINDS)
def test_a_photograph_is_resized_whole(
    generator, written, tmp_path, inverter, dataset, size, shape
) -> None:
    path, photo = written(inverter, dataset), photograph(SHAPES[shape])
    photo.save(tmp_path / "photo.png")

    found = dynode.invert(tmp_path / "photo.png", generator, inverter=inverter, weights=path)

    wanted = expected(inverter, path, generator, published(photo, size))
    torch.testing.assert_close(found.latents.w, wanted, **CLOSE)


@pytest.mark.robust(kind="F", member="a folder of car photographs of several shapes")
@pytest.mark.parametrize("inverter", KINDS)
def test_a_folder_is_resized_whole(generator, written, tmp_path, inverter) -> None:
    path = written(inverter, "cars_encode")
    folder = tmp_path / "photos"
    folder.mkdir()
    photos = [photograph(size, seed) for seed, size in enumerate(SHAPES.values())]
    for index, photo in enumerate(photos):
        photo.save(folder / f"{index}.png")

    found = dynode.invert(folder, generator, inverter=inverter, weights=path)

    pictures = torch.cat([published(photo, (192, 256)) for photo in photos])
    torch.testing.assert_close(
        found.latents.w, expected(inverter, path, generator, pictures), **CLOSE
    )


@pytest.mark.robust(kind="F", member="a clip of a car, 16:9")
@pytest.mark.parametrize("inverter", KINDS)
def test_a_clip_is_resized_whole(generator, written, tmp_path, inverter) -> None:
    path, clip = written(inverter, "cars_encode"), tmp_path / "car.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for seed in range(3):
            frame = av.VideoFrame.from_image(photograph((320, 180), seed))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    found = dynode.invert(clip, generator, inverter=inverter, weights=path)

    frames = [Image.fromarray(pixels) for pixels in open_clip(clip).frames()]
    pictures = torch.cat([published(frame, (192, 256)) for frame in frames])
    torch.testing.assert_close(
        found.latents.w, expected(inverter, path, generator, pictures), **CLOSE
    )


@pytest.mark.robust(kind="F", member="photographs of faces are cut, not stretched")
def test_a_photograph_of_a_face_that_is_not_aligned_is_cut(generator, written, tmp_path) -> None:
    path, photo = written("e4e", "ffhq_encode"), photograph((320, 240))
    photo.save(tmp_path / "wide.png")
    photo.crop((40, 0, 280, 240)).save(tmp_path / "middle.png")

    wide = dynode.invert(tmp_path / "wide.png", generator, inverter="e4e", weights=path)
    middle = dynode.invert(tmp_path / "middle.png", generator, inverter="e4e", weights=path)

    torch.testing.assert_close(wide.latents.w, middle.latents.w, **CLOSE)


def prefixed(beginning: str) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda state: {beginning + name: part for name, part in state.items()}


@pytest.mark.robust(kind="E")
@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(prefixed("module."), id="encoder of DataParallel"),
        pytest.param(prefixed("_orig_mod."), id="compiled encoder"),
        pytest.param(prefixed("net.module."), id="encoder in two wrappers"),
        pytest.param(lambda state: {"model": state}, id="encoder under another key"),
    ],
)
def test_wrappers_around_an_encoder_are_taken_off(written, wrapped) -> None:
    path = written("e4e", "ffhq_encode")
    plain = read_encoder(path).network.state_dict()
    content = torch.load(path, weights_only=True)
    content["state_dict"] = wrapped(content["state_dict"])
    torch.save(content, path)

    read = read_encoder(path).network.state_dict()

    assert read.keys() == plain.keys()
    assert all(torch.equal(read[name], plain[name]) for name in plain)
