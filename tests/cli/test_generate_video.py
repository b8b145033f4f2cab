"""`dynode generate --video`: clips of seeds, streamed into any kind of file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import MediaError
from dynode.latents import Motion
from dynode.latents.latents import Latents
from dynode.media.clip import open_clip
from dynode.media.images import to_uint8
from dynode.pipeline.generate_video import generate_video
from dynode.testing import CommandResult, run_command, write_tiny_generator
from dynode_stylegan_v.file import write_network
from dynode_stylegan_v.moving_file import write_moving
from dynode_stylegan_v.tiny import tiny_moving_generator, tiny_video_generator

pytestmark = pytest.mark.installed_plugins


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def video(folder: Path) -> Path:
    path = folder / "v.safetensors"
    write_network(tiny_video_generator(c_dim=3).network, path, metadata={"name": "tiny-video"})
    return path


def generated(*arguments: object) -> CommandResult:
    return run_command(["generate", "--video", *map(str, arguments)])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def test_a_clip_of_a_seed_is_written(video: Path) -> None:
    result = generated("--generator", video, "--length", 5, "-o", "a.mp4", "--json")

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "output": "a.mp4",
        "seeds": [0],
        "generator": "tiny-video",
        "frames": 5,
        "fps": 25.0,
    }
    clip = open_clip(Path("a.mp4"))
    assert (len(clip), clip.size, clip.rate) == (5, (32, 32), 25)


def test_a_grid_is_a_video_a_tile(video: Path) -> None:
    result = generated("--generator", video, "--length", 2, "--grid", "2x3", "-o", "sheet")

    made = generate_video("4", generator=video, length=2)
    tile = to_uint8(next(made.frames())[0, :1])[0].numpy()
    sheet = pixels(Path("sheet/000000.png"))
    assert result.exit_code == 0, result.stderr
    assert sheet.shape == (2 * 34 - 2, 3 * 34 - 2, 3)
    # Seed 4 stands in the second row, second column; a batch of another size sums otherwise.
    assert np.abs(sheet[34:66, 34:66] - tile).max() <= 1


def test_rows_share_motion_and_columns_content(video: Path) -> None:
    made = generate_video(generator=video, length=3, grid=(2, 3), decompose=True, class_number=1)

    assert made.seeds == (0, 1, 2)
    assert [seed for seed, _ in made.motion.keys.tolist()] == [0, 0, 0, 1, 1, 1]
    assert torch.equal(made.latents.w[0], made.latents.w[3])
    assert not torch.equal(made.latents.w[0], made.latents.w[1])


def test_a_zip_is_laid_out_as_a_data_set(video: Path) -> None:
    result = generated("--generator", video, "--length", 11, "--seeds", "3,4", "-o", "data.zip")

    assert result.exit_code == 0, result.stderr
    with zipfile.ZipFile("data.zip") as archive:
        names = archive.namelist()
    assert names[:2] == ["data/", "data/000000/"]
    assert len([name for name in names if name.endswith(".png")]) == 22
    assert "data/000001/000010.png" in names


def test_a_longer_clip_begins_like_a_shorter_one(video: Path) -> None:
    short = torch.cat(list(generate_video("7", generator=video, length=5).frames()), 1)
    long = torch.cat(list(generate_video("7", generator=video, length=40).frames()), 1)

    assert long.shape[1] == 40
    torch.testing.assert_close(long[:, :5], short, atol=1e-4, rtol=1e-4)  # chunks sum otherwise


def test_more_frames_a_second_are_the_same_motion(video: Path) -> None:
    slow = torch.cat(list(generate_video("7", generator=video, length=3, fps=25).frames()), 1)
    fast = torch.cat(list(generate_video("7", generator=video, length=9, fps=100).frames()), 1)

    torch.testing.assert_close(fast[:, ::4], slow, atol=1e-4, rtol=1e-4)


def test_content_and_motion_are_written_beside(video: Path) -> None:
    result = generated(
        *("--generator", video, "--length", 2, "--class", 2, "-o", "a.gif"),
        *("--latents", "content.safetensors", "--motion", "motion.safetensors"),
    )

    assert result.exit_code == 0, result.stderr
    motion = Motion.load("motion.safetensors")
    assert len(Latents.load("content.safetensors")) == 1
    assert motion.labels is not None and motion.labels.tolist() == [[0, 0, 1]]


def test_motion_of_a_still_generator_starts_at_a_picture(folder: Path) -> None:
    write_tiny_generator(folder / "tiny.safetensors")
    still = dynode.load_generator(folder / "tiny.safetensors")
    write_moving(tiny_moving_generator(still), folder / "m.safetensors")
    moving = dynode.load_generator(folder / "m.safetensors")
    picture = still.sample(1, seed=9)
    Image.fromarray(to_uint8(still.synthesize(picture))[0].numpy()).save("p.png")

    made = generate_video("1", generator=moving, length=3, start="p.png")
    frames = torch.cat(list(made.frames()), 1)

    code = moving.motion_codes(made.motion, torch.zeros(1))  # type: ignore[attr-defined]  # it moves
    shift = moving.mover(code)  # type: ignore[attr-defined]
    inverted = still.synthesize(made.latents.with_w(made.latents.w + shift))
    torch.testing.assert_close(frames[:, 0], inverted.detach(), atol=1e-4, rtol=1e-4)
    assert float((frames[:, 2] - frames[:, 0]).abs().max()) > 1e-3


def test_the_best_snapshot_is_taken(video: Path) -> None:
    lines = [(40, "late.pkl"), (12, "v.safetensors"), (3, "gone.pkl"), (float("nan"), "x.pkl")]
    Path("metric-fvd2048_16f.jsonl").write_text(
        "\n".join(
            json.dumps({"results": {"fvd2048_16f": value}, "snapshot_pkl": name})
            for value, name in lines
        )
    )
    Path("late.pkl").touch()

    result = generated("--snapshots", ".", "--length", 1, "-o", "a.mp4", "--json")

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["generator"] == "tiny-video"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--class", "3"], "--class is 3; tiny-video has classes 0 to 2"),
        (["--columns", "2"], "--columns is for pictures"),
        (["--grid", "2x2", "--seeds", "1"], "1 seeds for a grid that needs 4"),
        (["--decompose"], "give --grid"),
        (["--grid", "five"], "is no grid"),
        (["-o", "a.txt"], "is no video format"),
        (["--fps", "0"], "expected both above 0"),
        (["--snapshots", "."], "--generator and --snapshots"),
        (["--motion", "m.bin"], "codes are a .safetensors file"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_writes_nothing(
    video: Path, folder: Path, arguments: list[str], message: str
) -> None:
    before = set(folder.iterdir())

    result = generated("--generator", video, *arguments)

    assert result.exit_code in (1, 2)
    assert message in result.stderr.replace("\n", " ")
    assert set(folder.iterdir()) == before


def test_an_image_model_given_to_video_is_one_line(folder: Path) -> None:
    write_tiny_generator(folder / "tiny.safetensors")

    result = generated("--generator", "tiny.safetensors")

    assert result.exit_code != 0
    assert "tiny draws stills: it has no motion, which --video needs" in result.stderr
    assert not Path("generated.mp4").exists()


def test_options_of_videos_need_video(folder: Path) -> None:
    result = run_command(["generate", "--length", "5"])

    assert result.exit_code != 0
    assert "--length is for videos" in result.stderr


def test_a_folder_of_other_things_is_left_alone(video: Path) -> None:
    Path("mine").mkdir()
    Path("mine/diary.txt").write_text("dear")

    with pytest.raises(MediaError, match="diary.txt is no numbered frame"):
        generate_video(generator=video, length=1).save("mine")

    assert Path("mine/diary.txt").read_text() == "dear"
