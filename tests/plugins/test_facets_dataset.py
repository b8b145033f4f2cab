"""Facets data sets: contents, determinism, and what happens when things go wrong."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dynode.errors import OutputExistsError
from dynode_facets.dataset import render_dataset
from dynode_facets.factors import FACTOR_NAMES, population
from dynode_facets.render import render


def _images(path: Path, seed: int = 7, **options: object) -> Path:
    return render_dataset(5, path, seed, resolution=16, **options)


def _clips(path: Path, seed: int = 7) -> Path:
    return render_dataset(3, path, seed, resolution=16, kind="clips", frames=4, fps=8)


@pytest.mark.parametrize("write", [_images, _clips], ids=["images", "clips"])
def test_the_same_seed_gives_the_same_bytes(write, tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.zip"), write(tmp_path / "b.zip")

    assert first.read_bytes() == second.read_bytes()


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    first, second = _images(tmp_path / "a.zip"), _images(tmp_path / "b.zip", seed=8)

    assert first.read_bytes() != second.read_bytes()


def test_images_come_with_factors_captions_and_metadata(tmp_path: Path) -> None:
    with zipfile.ZipFile(_images(tmp_path / "a.zip", captions=2)) as archive:
        names = archive.namelist()
        arrays = np.load(io.BytesIO(archive.read("factors.npz")))
        lines = [json.loads(line) for line in archive.read("captions.jsonl").splitlines()]
        metadata = json.loads(archive.read("metadata.json"))

    assert names[:2] == ["images/000000.png", "images/000001.png"]
    assert arrays["names"].tolist() == list(FACTOR_NAMES)
    assert np.allclose(population(torch.from_numpy(arrays["z"])), arrays["factors"])
    assert [line["name"] for line in lines] == [f"images/{i:06d}" for i in range(5)]
    assert [len(line["captions"]) for line in lines] == [2] * 5
    assert (metadata["count"], metadata["seed"], metadata["resolution"]) == (5, 7, 16)


def test_stored_pictures_are_the_rendered_ones(tmp_path: Path) -> None:
    with zipfile.ZipFile(_images(tmp_path / "a.zip")) as archive:
        factors = np.load(io.BytesIO(archive.read("factors.npz")))["factors"]
        stored = np.asarray(Image.open(io.BytesIO(archive.read("images/000003.png"))))

    expected = (render(torch.from_numpy(factors[3:4]), 16)[0].permute(1, 2, 0) + 1) * 127.5

    # Rounding to 8 bits moves a level by half at most; the rest is float32 slack.
    assert np.abs(stored - expected.numpy()).max() < 0.501


def test_clips_hold_every_frame_its_time_and_its_motion(tmp_path: Path) -> None:
    with zipfile.ZipFile(_clips(tmp_path / "a.zip")) as archive:
        names = archive.namelist()
        arrays = np.load(io.BytesIO(archive.read("factors.npz")))
        lines = [json.loads(line) for line in archive.read("captions.jsonl").splitlines()]

    assert names[4] == "clips/000001/0000.png"
    assert arrays["factors"].shape == (3, 4, len(FACTOR_NAMES))
    assert arrays["times_s"].tolist() == [0, 0.125, 0.25, 0.375]
    assert [line["motion"] for line in lines] == ["talking", "blinking", "nodding"]


def test_progress_is_told_after_every_picture(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    _images(tmp_path / "a.zip", progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_text("precious")

    with pytest.raises(OutputExistsError, match="overwrite=True"):
        _images(path)

    assert path.read_text() == "precious"
    assert zipfile.is_zipfile(_images(path, overwrite=True))


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _images(tmp_path / "a.zip", progress=interrupt)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kind": "movies"}, "'movies'"), ({"kind": "clips", "motions": ()}, "at least one motion")],
    ids=["unknown kind", "no motions"],
)
def test_impossible_wishes_are_refused(options, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        _images(tmp_path / "a.zip", **options)
