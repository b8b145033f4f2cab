"""Video generators are trained on clips: stopped, continued, shared, started warm, and refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import DynodeError, OptionError, UsageError
from dynode.latents import Motion
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_adversarial import TrainingJob
from dynode_stylegan_v.config import VideoConfig
from dynode_stylegan_v.file import read_network
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.video_options import MoCoGANTrainingOptions, VideoTrainingOptions
from dynode_stylegan_v.video_training import train_video
from dynode_stylegan_v.warm_start import hold_content, start_generator

pytestmark = pytest.mark.installed_plugins

SMALL: dict[str, Any] = {
    "steps": 4,
    "batch": 4,
    "z_dim": 8,
    "w_dim": 8,
    "motion_dim": 4,
    "frequencies": 4,
    "kernel": 3,
    "max_channels": 4,
    "max_frames": 32,
    "max_distance": 8,
    "samples_every": 100,
    "save_every": 2,
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of clips of 12 frames in which a bright column travels."""
    folder = tmp_path_factory.mktemp("data") / "clips"
    for clip in range(4):
        for place in range(12):
            pixels = np.zeros((16, 16, 3), np.uint8)
            pixels[:, (place + clip) % 16] = 255
            path = folder / ("slow" if clip % 2 else "fast") / f"c{clip}" / f"f{place}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return folder


def train(clips: Path, folder: Path, until: int | None = None, **options: Any) -> Path:
    output = folder / "out.safetensors"
    given = VideoTrainingOptions(**{**SMALL, **options})
    train_video(given, output, TrainingJob(str(clips), folder / "run", until=until))
    return output


def losses(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "run" / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("condition", ["concat_const", "concat_w", "sum_w"])
def test_a_generator_is_trained_and_can_be_drawn(
    clips: Path, tmp_path: Path, condition: str
) -> None:
    output = train(clips, tmp_path, condition=condition, augment="fixed", augment_start=0.5)

    made = dynode.load_generator(output)
    assert isinstance(made, StyleGANV)
    assert made.network.config.condition == condition
    assert made.info.resolution == (16, 16)
    assert len(losses(tmp_path)) == 4
    held = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"real.png", "made-000004.png", "made-000004.mp4", "losses.png", "state.pt"} <= held
    assert "snapshot-000004.safetensors" in held
    assert float(made.network.mapping.w_avg.abs().max()) > 0


def test_a_stopped_run_ends_with_the_same_bytes(clips: Path, tmp_path: Path) -> None:
    whole = train(clips, tmp_path / "whole")
    train(clips, tmp_path / "parts", until=2)
    parts = train(clips, tmp_path / "parts")

    assert parts.read_bytes() == whole.read_bytes()
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_a_killed_run_ends_with_the_same_bytes(clips: Path, tmp_path: Path) -> None:
    asked = {**SMALL, "steps": 6, "save_every": 1}
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in asked.items()]
    output, log = tmp_path / "out.safetensors", tmp_path / "run" / "log.jsonl"
    command = [sys.executable, "-m", "dynode", "train", "stylegan-v", "--data", str(clips)]
    command += ["-o", str(output), "--run-folder", str(tmp_path / "run"), *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (log.exists() and log.read_text().count("\n") >= 2):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not output.exists()

    train(clips, tmp_path, steps=6, save_every=1)
    train(clips, tmp_path / "whole", steps=6, save_every=1)

    assert output.read_bytes() == (tmp_path / "whole" / "out.safetensors").read_bytes()
    assert losses(tmp_path) == losses(tmp_path / "whole")


_LONGER = {
    **SMALL,
    "steps": 20,
    "save_every": 10,
    "batch": 8,
    "augment": "fixed",
    "augment_start": 0.5,
}
_HALF = """
import json, sys
from pathlib import Path
from dynode_adversarial import TrainingJob
from dynode_stylegan_v.video_options import VideoTrainingOptions
from dynode_stylegan_v.video_training import train_video

given, data, folder = json.loads(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
job = TrainingJob(data, folder / "run", until=10)
train_video(VideoTrainingOptions(**given), folder / "out.safetensors", job)
"""


def in_two_processes(*command: str) -> str:
    """Run a module or a script under torchrun; return what it wrote."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, *command], capture_output=True, text=True, timeout=280, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_processes_lose_as_one_does(clips: Path, tmp_path: Path) -> None:
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in _LONGER.items()]
    command = ["-m", "dynode", "train", "stylegan-v", "--data", str(clips), *flags]
    command += ["-o", str(tmp_path / "out.safetensors"), "--run-folder", str(tmp_path / "run")]
    (tmp_path / "half.py").write_text(_HALF)
    parts = tmp_path / "parts"

    told = in_two_processes(*command)
    in_two_processes(str(tmp_path / "half.py"), json.dumps(_LONGER), str(clips), str(parts))
    train(clips, parts, **_LONGER)  # one process goes on where two stopped
    train(clips, tmp_path / "one", **_LONGER)

    assert told.count("out.safetensors") == 1  # one of them speaks
    for folder in (tmp_path, parts):
        pairs = list(zip(losses(folder), losses(tmp_path / "one"), strict=True))
        assert len(pairs) == 20
        # The sums of the gradients are rounded in another order; asked for is 1e-4.
        assert max(abs(a[key] - b[key]) for a, b in pairs for key in a) < 1e-4


def test_options_that_shape_the_result_may_not_change(clips: Path, tmp_path: Path) -> None:
    train(clips, tmp_path, until=2)

    with pytest.raises(UsageError, match="holds a run with other options"):
        train(clips, tmp_path, gamma=3.0)


def test_classes_condition_both_sides(clips: Path, tmp_path: Path) -> None:
    output = train(clips, tmp_path, labels="folders")

    network, _ = read_network(output)
    assert network.config.c_dim == 2
    drawn = run_command(
        ["generate", "--video", "--generator", str(output), "--class", "1", "--length", "2"]
        + ["-o", str(tmp_path / "one.mp4")]
    )
    assert drawn.exit_code == 0, drawn.stderr


@pytest.mark.parametrize("condition", ["concat_const", "concat_w"])
def test_an_image_generator_starts_as_itself(tmp_path: Path, condition: str) -> None:
    path = write_tiny_generator(tmp_path / "still.safetensors")
    still = dynode.load_generator(path)
    resolution = still.info.resolution[0]
    small = {"motion_z_dim": 4, "motion_v_dim": 4, "frequencies": 4, "kernel": 3}
    config = VideoConfig(
        resolution, {4: 1, 8: 1, 16: 1, 32: 1, 64: 1}, condition=condition, **small
    )

    moving = StyleGANV(start_generator(config, str(path), 0).eval(), name="moving")

    codes = moving.motion_codes(Motion.draw(2, seed=0), torch.tensor([0.0, 9.0]))
    latents = still.sample(2, seed=3)
    frames = moving.synthesize_frames(latents, codes)
    expected = still.synthesize(latents, noise="none")
    # float32 rounding of convolutions with more channels
    assert torch.allclose(frames[:, 0], expected, atol=1e-4)
    assert torch.allclose(frames[:, 1], expected, atol=1e-4)


@pytest.mark.parametrize("condition", ["concat_const", "concat_w"])
def test_held_content_leaves_the_pictures_alone(
    clips: Path, tmp_path: Path, condition: str
) -> None:
    still = tiny_generator(resolution=16)
    path, network = write_tiny_generator(tmp_path / "still.safetensors", still), still.network
    options = VideoTrainingOptions(**{**SMALL, "condition": condition, "freeze": "content"})

    with pytest.warns(UserWarning, match="the discriminator starts anew"):
        training = TrainingJob(str(clips), tmp_path / "run", str(path))
        train_video(options, tmp_path / "o.safetensors", training)

    before = start_generator(
        VideoConfig(16, {4: 1, 8: 1, 16: 1}, **_motion(condition)), str(path), 0
    )
    after, _ = read_network(tmp_path / "o.safetensors")
    hold_content(before)
    state = dict(before.named_parameters())
    for name, part in after.named_parameters():
        if not state[name].requires_grad:
            assert torch.equal(part, state[name]), name
    moved = [n for n, p in after.named_parameters() if not torch.equal(p, state[n])]
    assert any(name.startswith("motion.") for name in moved)
    content = network.config.channels[4]
    entering = "synthesis.b4.conv1.weight"
    if condition == "concat_const":
        ours, theirs = after.state_dict()[entering], network.state_dict()[entering]
        assert torch.equal(ours[:, :content], theirs)
        assert not torch.equal(ours[:, content:], torch.zeros_like(ours[:, content:]))


def _motion(condition: str) -> dict[str, Any]:
    small = {"motion_z_dim": 4, "motion_v_dim": 4, "frequencies": 4, "kernel": 3, "max_frames": 32}
    return {**small, "condition": condition, "motion_distance": 16}


def test_a_video_generator_starts_with_its_own_weights(clips: Path, tmp_path: Path) -> None:
    first = train(clips, tmp_path / "first")

    network = start_generator(VideoConfig(16, {4: 1, 8: 1, 16: 1}), str(first), 5)

    trained, _ = read_network(first)
    assert all(
        torch.equal(part, trained.state_dict()[name]) for name, part in network.state_dict().items()
    )


def test_widths_of_motion_are_narrow_published_or_those_of_the_styles() -> None:
    narrow, published = VideoTrainingOptions(), VideoTrainingOptions(published=True)
    added = VideoTrainingOptions(condition="sum_w", w_dim=64)

    assert (narrow.motion_width, narrow.waves) == (128, 64)
    assert (published.motion_width, published.waves) == (512, 256)
    assert VideoConfig(16, {4: 1, 8: 1, 16: 1}).motion.width == 2 * published.waves
    assert 2 * added.waves == 64
    explicit = VideoTrainingOptions(motion_dim=512, frequencies=256)
    assert explicit.shaping() == published.shaping() != narrow.shaping()


def test_event_files_hold_the_log(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for until in (2, None):  # the second goes on
        train(clips, tmp_path, until, tensorboard=True)

    written = board.EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()

    for name in ("generator", "discriminator", "real_sign"):
        told = [(event.step, event.value) for event in written.Scalars(name)]
        logged = [(int(line["step"]), line[name]) for line in losses(tmp_path)]
        assert [step for step, _ in told] == [step for step, _ in logged]
        assert [value for _, value in told] == pytest.approx([value for _, value in logged])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match="needs the package tensorboard; pip install"):
        train(clips, tmp_path / "other", tensorboard=True)


def test_mocogan_is_trained_by_the_same_loop(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    for place in range(17):
        path = folder / "one" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 64), (place * 10, 0, 0)).save(path)
    small = {key: SMALL[key] for key in ("z_dim", "w_dim", "motion_dim", "max_frames")}
    options = MoCoGANTrainingOptions(
        **small, steps=1, batch=2, max_channels=4, samples_every=100, augment="none"
    )

    train_video(options, tmp_path / "m.safetensors", TrainingJob(str(folder), tmp_path / "run"))

    network, _ = read_network(tmp_path / "m.safetensors")
    assert (network.config.strategy, network.config.condition) == ("autoregressive", "concat_w")
    assert losses(tmp_path)[0]["generator"] > 0


def _image_model(folder: Path) -> list[str]:
    return ["--from", str(write_tiny_generator(folder / "still.safetensors"))]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--frames", "14", "--max-distance", "16"],
            "4 of 4 clips of clips are shorter than the 17 frames",
        ),
        (["--labels", "file"], "has no dataset.json with labels"),
        (["--condition", "sum_w", "--w-dim", "64"], "give --frequencies 32"),
        (["--published"], "--published and --motion-dim both say a width; leave one out"),
        (["--min-period", "90", "--max-period", "40"], "the shortest not above the longest"),
        (["--freeze", "content"], "holds the pictures of --from, which is missing"),
        (["--freeze-d", "9"], "the discriminator has 3 blocks"),
        (["--from", "nowhere"], "unknown generator or checkpoint file 'nowhere'"),
        (["--max-distance", "1", "--frames", "3"], "no clip has 3 frames at most 1 apart"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_does_not_fit_is_one_line(
    clips: Path, tmp_path: Path, flags: list[str], message: str
) -> None:
    small = [f"--{key.replace('_', '-')}={value}" for key, value in SMALL.items()]
    command = ["train", "stylegan-v", "--data", str(clips), *small, *flags]

    run = run_command([*command, "-o", str(tmp_path / "o.safetensors")])

    assert run.exit_code in (1, 2)
    assert message in run.stderr
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    for place in range(4):
        path = tmp_path / "set" / "one" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (24, 24)).save(path)

    with pytest.raises(DynodeError, match="24×24 pixels; expected a square with a side that is"):
        train(tmp_path / "set", tmp_path)


def test_a_generator_to_train_for_does_not_apply(clips: Path) -> None:
    with pytest.raises(OptionError, match="trains a generator and for none"):
        dynode.train("stylegan-v", tiny_generator(), data=str(clips))


def test_the_queue_script_is_a_script(clips: Path, tmp_path: Path) -> None:
    run = run_command(
        ["train", "stylegan-v", "--data", "my clips.zip", "--gamma", "0.5", "--no-flip"]
        + ["--print-sbatch", "-o", "v.safetensors"]
    )

    checked = subprocess.run(["bash", "-n"], input=run.stdout, text=True, capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert run.stdout.startswith("#!/bin/bash\n#SBATCH --job-name=dynode-stylegan-v\n")
    told = "dynode train stylegan-v --data 'my clips.zip' --run-folder runs/stylegan-v --output"
    assert f"{told} v.safetensors --seed 0 --gamma 0.5 --no-flip &" in run.stdout
    assert "--requeue" in run.stdout
