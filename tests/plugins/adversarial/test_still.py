"""StyleGAN2 is trained on pictures, fine-tuned with its discriminator, stopped and continued."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import MediaError, OptionError
from dynode.stylegan2.loading import load_discriminator
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_adversarial.pictures import TrainingPictures
from dynode_adversarial.still import StillTrainingOptions, TrainingJob, train_still
from dynode_adversarial.still_start import start_pair

SMALL: dict[str, Any] = {
    "steps": 4,
    "batch": 4,
    "z_dim": 8,
    "w_dim": 8,
    "max_channels": 4,
    "samples_every": 100,
    "save_every": 2,
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "pictures"
    for index in range(8):
        path = folder / ("dark" if index % 2 else "light") / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        level = 40 * (index % 2) + 10 * index
        Image.fromarray(np.full((16, 16, 3), level, np.uint8)).save(path)
    return folder


def train(
    data: Path, folder: Path, start: Path | None = None, until: int | None = None, **options: Any
) -> Path:
    output = folder / "out.safetensors"
    begin = None if start is None else str(start)
    training = TrainingJob(str(data), folder / "run", begin, until=until)
    train_still(StillTrainingOptions(**{**SMALL, **options}), output, training)
    return output


def test_a_generator_is_trained_with_classes_and_drawn(pictures: Path, tmp_path: Path) -> None:
    output = train(pictures, tmp_path, labels="folders", augment="fixed", augment_start=0.5)

    made = dynode.load_generator(output)
    assert (made.info.resolution, made.info.c_dim) == ((16, 16), 2)
    held = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"real.png", "made-000004.png", "losses.png", "snapshot-000004.safetensors"} <= held
    drawn = run_command(["generate", "--generator", str(output), "--class", "1", "--seeds", "0-1"]
                        + ["-o", str(tmp_path / "g.png")])  # fmt: skip
    assert drawn.exit_code == 0, drawn.stderr


def test_a_stopped_run_ends_with_the_same_bytes(pictures: Path, tmp_path: Path) -> None:
    whole = train(pictures, tmp_path / "whole")
    train(pictures, tmp_path / "parts", until=2)
    parts = train(pictures, tmp_path / "parts")

    assert parts.read_bytes() == whole.read_bytes()


def test_fine_tuning_starts_with_both_networks(pictures: Path, tmp_path: Path) -> None:
    first = train(pictures, tmp_path / "first")

    data = TrainingPictures.read(str(pictures), labels="none", flip=True)
    pair = start_pair(StillTrainingOptions(**SMALL), data, str(first), 9, torch.device("cpu"))

    drawing, judge = dynode.load_generator(first), load_discriminator(first)
    for network, source in zip(pair, (drawing.network, judge), strict=True):  # type: ignore[attr-defined]
        ours, theirs = network.state_dict(), source.state_dict()
        assert all(torch.equal(ours[name], part) for name, part in theirs.items())


def test_fine_tuning_keeps_the_frozen_blocks(pictures: Path, tmp_path: Path) -> None:
    first = train(pictures, tmp_path / "first")

    tuned = train(pictures, tmp_path / "tuned", first, freeze_d=1)

    before, after = (load_discriminator(path).state_dict() for path in (first, tuned))
    same = {name for name, part in before.items() if torch.equal(part, after[name])}
    trained = {name for name in before if not name.startswith("b16.")}
    assert {name for name in before if name.startswith("b16.")} <= same
    assert not trained <= same


def test_a_checkpoint_without_discriminator_says_so(pictures: Path, tmp_path: Path) -> None:
    still = write_tiny_generator(tmp_path / "still.safetensors", tiny_generator(resolution=16))

    with pytest.warns(UserWarning, match="the discriminator starts anew: .*no discriminator"):
        train(pictures, tmp_path, still, steps=1)


def test_damaged_pictures_are_named_and_the_rest_is_used(pictures: Path, tmp_path: Path) -> None:
    for index in range(3):
        Image.new("RGB", (16, 16), (index, 0, 0)).save(tmp_path / f"{index}.png")
    (tmp_path / "1.png").write_bytes(b"\x89PNG damaged")
    data = TrainingPictures.read(str(tmp_path), labels="none", flip=False)

    with pytest.warns(UserWarning, match=r"left out: 1\.png is") as said:
        pixels = [data.picture(1, False) for _ in range(3)]

    assert [one[0, 0].tolist() for one in pixels] == 3 * [[2, 0, 0]]
    assert len(said) == 1


def test_a_data_set_may_begin_with_damaged_pictures(tmp_path: Path) -> None:
    for name in ("0.png", "1.png"):
        (tmp_path / name).write_bytes(b"\x89PNG damaged")

    with pytest.raises(MediaError, match=r"the first 2 pictures of .* are damaged"):
        TrainingPictures.read(str(tmp_path), labels="none", flip=False)
    Image.new("RGB", (16, 32)).save(tmp_path / "2.png")
    data = TrainingPictures.read(str(tmp_path), labels="none", flip=False)

    assert data.size == (32, 16)


def test_labels_of_single_pictures_are_read(tmp_path: Path) -> None:
    for index in range(2):
        Image.new("RGB", (16, 16)).save(tmp_path / f"{index}.png")
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": [["0.png", 1], ["1.png", 0]]}))

    data = TrainingPictures.read(str(tmp_path), labels="file", flip=False)

    assert data.labels.tolist() == [[0, 1], [1, 0]]


def test_what_does_not_fit_is_refused(pictures: Path, tmp_path: Path) -> None:
    other = write_tiny_generator(tmp_path / "other.safetensors")  # of 32 px
    (tmp_path / "odd").mkdir()
    Image.new("RGB", (24, 24)).save(tmp_path / "odd" / "odd.png")

    with pytest.raises(OptionError, match="tiny draws 32×32 px .* the data set has 16×16 px"):
        train(pictures, tmp_path, other)
    with pytest.raises(MediaError, match="24×24 pixels; expected a square"):
        train(tmp_path / "odd", tmp_path)
    with pytest.raises(MediaError, match="holds no pictures"):
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "a.txt").write_text("x")
        train(tmp_path / "none", tmp_path)
