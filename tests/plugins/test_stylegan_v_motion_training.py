"""Motion is learned from codes of clips, and a training that was killed ends as if it was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor

import dynode
from dynode.cli import run
from dynode.errors import CorruptCheckpointError, DynodeError, OptionError
from dynode.latents import Motion
from dynode.media import write_video
from dynode.testing import tiny_generator, write_tiny_generator
from dynode.weights import write_safetensors
from dynode_stylegan_v.clip_kinds import sorted_into_kinds
from dynode_stylegan_v.clip_space import clip_space
from dynode_stylegan_v.code_clips import read_code_clips
from dynode_stylegan_v.moving import MovingGenerator
from dynode_stylegan_v.moving_space import moving_space

pytestmark = pytest.mark.installed_plugins

GAN = {"objective": "gan", "batch": 4, "width": 4, "frequencies": 4, "hidden": 4}
FLOW = {"objective": "flow", "batch": 4, "width": 4, "hidden": 4}
OBJECTIVES = pytest.mark.parametrize("small", [FLOW, GAN], ids=["flow", "gan"])


def planted_clips(w_dim: int, *, count: int = 32, frames: int = 24) -> tuple[Tensor, Tensor]:
    """Codes (count, frames, w_dim) that swing along two directions (w_dim, 2), and these."""
    random = torch.Generator().manual_seed(0)
    axes = torch.linalg.qr(torch.randn(w_dim, 2, generator=random)).Q
    phase = torch.rand(count, 1, 2, generator=random) * 6
    swing = torch.sin(torch.arange(frames)[:, None] * torch.tensor([0.4, 0.9]) + phase)
    rest = torch.randn(count, 1, w_dim, generator=random)
    return rest + swing * torch.tensor([3.0, 1.0]) @ axes.T, axes


def write_clips(path: Path, codes: Tensor, **facts: str) -> Path:
    write_safetensors({"codes": codes[:, :, None]}, path, facts)
    return path


@pytest.fixture
def still(tmp_path: Path) -> Path:
    return write_tiny_generator(tmp_path / "tiny.safetensors")


@pytest.fixture
def clips(tmp_path: Path, still: Path) -> Path:
    codes, _ = planted_clips(dynode.load_generator(still).info.w_dim)
    return write_clips(tmp_path / "clips.safetensors", codes)


def train(still: Path, clips: Path, name: str, **options: object) -> Path:
    folder = clips.parent
    return dynode.train(
        "stylegan-v-motion",
        still,
        folder / f"{name}.safetensors",
        data=str(clips),
        folder=folder / f"run-{name}",
        **options,
    )


def test_the_space_of_motion_is_found_and_scaled() -> None:
    codes, axes = planted_clips(16)

    space = moving_space(codes, rest="mean")

    assert space.basis.shape == (16, 2)
    # The planted plane, up to the rounding of float32 codes.
    outside = space.basis - axes @ (axes.T @ space.basis)
    assert float(outside.abs().max()) < 1e-5
    moved = codes - codes.mean(1, keepdim=True)
    assert torch.allclose(space.clips @ space.basis.T, moved, atol=1e-5)
    assert torch.allclose(space.clips.flatten(0, 1).square().mean(0), torch.ones(2), atol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "flow", "steps": 1200, "batch": 32, "width": 4, "hidden": 32},
        pytest.param(
            {**GAN, "steps": 300, "batch": 32, "width": 16, "frequencies": 16, "hidden": 32},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["flow", "gan"],
)
def test_motion_is_learned_where_clips_move_and_as_far(
    still: Path, clips: Path, options: dict[str, object]
) -> None:
    made = train(still, clips, "made", **options)

    moving = dynode.load_generator(made)
    assert isinstance(moving, MovingGenerator)
    codes = moving.motion_codes(Motion.draw(64, seed=0), torch.arange(24.0))
    with torch.no_grad():
        shift = moving.mover(codes)
    real, axes = planted_clips(moving.info.w_dim)
    inside = shift @ axes
    assert float((shift - inside @ axes.T).norm() / shift.norm()) < 1e-3
    ratio = inside.std(1).mean(0) / (real @ axes).std(1).mean(0)
    # It starts at 0; a short training comes near 1, not onto it.
    assert bool(((ratio > 0.4) & (ratio < 2.0)).all()), ratio


@pytest.mark.parametrize(
    "small",
    [pytest.param(FLOW, id="flow"), pytest.param(GAN, id="gan", marks=pytest.mark.slow)],
)
def test_a_killed_training_ends_with_the_same_bytes(
    still: Path, clips: Path, small: dict[str, object]
) -> None:
    whole = train(still, clips, "whole", steps=120, **small)
    state = clips.parent / "run-killed" / "state.pt"
    command = [sys.executable, "-m", "dynode", "train", "stylegan-v-motion", "--generator"]
    command += [str(still), "--data", str(clips), "--run-folder", str(state.parent)]
    command += ["--steps", "120", "-o", str(clips.parent / "never.safetensors")]
    for name, value in small.items():
        command += [f"--{name}", str(value)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not state.exists() and process.poll() is None:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert torch.load(state, weights_only=True)["done"] in (50, 100, 120)

    killed = train(still, clips, "killed", steps=120, **small)

    assert killed.read_bytes() == whole.read_bytes()


@OBJECTIVES
def test_event_files_hold_the_log(still: Path, clips: Path, small: dict[str, object]) -> None:
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    train(still, clips, "told", steps=50, tensorboard=True, **small)

    folder = clips.parent / "run-told"
    logged = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    written = board.EventAccumulator(str(folder / "tensorboard")).Reload()
    for name in logged[0].keys() - {"step"}:
        told = [(event.step, event.value) for event in written.Scalars(name)]
        assert [step for step, _ in told] == [line["step"] for line in logged]
        assert [value for _, value in told] == pytest.approx([line[name] for line in logged])


def test_another_seed_or_option_gives_other_motion(still: Path, clips: Path) -> None:
    first = train(still, clips, "first", steps=3, **GAN)
    wider = train(still, clips, "wider", steps=3, **{**GAN, "hidden": 0})

    assert first.read_bytes() != wider.read_bytes()


def two_kinds(count: int) -> tuple[Tensor, Tensor]:
    """Clips (count, 24, 3) that swing along one axis or along the two others, and which of it."""
    random = torch.Generator().manual_seed(0)
    kinds = torch.arange(count) % 2
    pace = 0.2 + 0.2 * torch.rand(count, 1, 3, generator=random)
    swing = torch.sin(torch.arange(24)[:, None] * pace).square()
    axes = torch.tensor([[1.0, 0, 0], [0, 1.0, 0.5]])
    size = 0.2 + torch.rand(count, 1, 1, generator=random)
    return size * swing * axes[kinds][:, None], kinds


def test_clips_are_sorted_by_where_they_move() -> None:
    clips, kinds = two_kinds(80)

    found = sorted_into_kinds(clips, 2)

    assert torch.equal(found == found[0], kinds == kinds[0])
    assert torch.equal(sorted_into_kinds(clips, 2), found)
    # No more than there are groups of 16, and none that is smaller.
    assert int(torch.bincount(sorted_into_kinds(clips, 64)).min()) >= 16
    assert not bool(sorted_into_kinds(clips[:20], 64).any())


def test_curves_that_clips_are_sums_of_are_found() -> None:
    clips, _ = two_kinds(80)

    space = clip_space(clips, 2)

    size = (space.sizes[space.kinds] * torch.stack([torch.ones(80), space.weights[:, 0]], 1)).sum(1)
    curves = torch.einsum("nj,jtk->ntk", space.weights[:, 1:].double(), space.curves)
    again = size[:, None, None] * (space.mean[space.kinds] + curves)
    # What is left out is below a hundred-thousandth of the first curve's variance, in each of them.
    assert float((again - clips).square().mean()) < 1e-4
    for kind in (0, 1):
        own, chosen = space.owners == kind, space.kinds == kind
        weights = space.weights[chosen][:, 1:]
        assert torch.allclose(
            weights[:, own].T.cov(correction=0), torch.eye(int(own.sum())), atol=1e-4
        )
        assert not bool(weights[:, ~own].any())
        assert float(space.importance[kind, 1:].sum()) == pytest.approx(1, abs=1e-5)
        # Nothing moves that stands still in all clips of the kind.
        still = clips[chosen].abs().amax((0, 1)) == 0
        assert bool(still.any()) and float(space.curves[own][..., still].abs().max()) < 1e-9


def test_longer_clips_are_cut_to_the_window(still: Path, clips: Path) -> None:
    made = train(still, clips, "cut", steps=3, window=10, **FLOW)

    moving = dynode.load_generator(made)
    assert isinstance(moving, MovingGenerator)
    assert moving.mover.config.length == 10  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "options, told",
    [
        ({"objective": "flow", "gamma": 1.0}, "--gamma does not apply to --objective flow"),
        ({"objective": "gan", "window": 64}, "--window does not apply to --objective gan"),
        ({"objective": "flow", "hidden": 0}, "--hidden is 0; a flow needs 1 or more"),
        ({"objective": "gan", "min_period": 9.0, "max_period": 8.0}, "--min-period is 9"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    still: Path, clips: Path, options: dict[str, object], told: str
) -> None:
    with pytest.raises(DynodeError, match=told):
        train(still, clips, "one", **options)


@OBJECTIVES
def test_a_run_is_not_continued_with_other_options(
    still: Path, clips: Path, small: dict[str, object]
) -> None:
    train(still, clips, "one", steps=2, **small)
    (clips.parent / "one.safetensors").unlink()

    with pytest.raises(DynodeError, match="holds a run with other options"):
        train(still, clips, "one", steps=2, **{**small, "batch": 5})


def test_a_judge_needs_as_many_frames_as_it_sees(still: Path, tmp_path: Path) -> None:
    data = Path(too_short(tmp_path))

    with pytest.raises(DynodeError, match="the clips have 4 frames and the judge sees 6"):
        train(still, data, "one", **GAN)


def sampled(folder: Path) -> str:
    return "sampled"


def empty_folder(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


def no_codes(folder: Path) -> str:
    write_safetensors({"weights": torch.zeros(2)}, folder / "x.safetensors", {})
    return str(folder / "x.safetensors")


def three_axes(folder: Path) -> str:
    write_safetensors({"codes": torch.zeros(2, 8, 16)}, folder / "x.safetensors", {})
    return str(folder / "x.safetensors")


def other_width(folder: Path) -> str:
    return str(write_clips(folder / "x.safetensors", torch.zeros(2, 8, 3)))


def other_generator(folder: Path) -> str:
    codes = torch.zeros(2, 8, tiny_generator(16).info.w_dim)
    return str(write_clips(folder / "x.safetensors", codes, fingerprint="another"))


def not_moving(folder: Path) -> str:
    return str(
        write_clips(folder / "x.safetensors", torch.ones(2, 8, tiny_generator(16).info.w_dim))
    )


def too_short(folder: Path) -> str:
    codes, _ = planted_clips(tiny_generator(16).info.w_dim, frames=4)
    return str(write_clips(folder / "x.safetensors", codes))


def not_finite(folder: Path) -> str:
    codes = torch.full((2, 8, tiny_generator(16).info.w_dim), float("nan"))
    return str(write_clips(folder / "x.safetensors", codes))


@pytest.mark.parametrize(
    "data, told",
    [
        (sampled, "motion is learned from clips, and --data is 'sampled'"),
        (empty_folder, "holds no clips (nothing)"),
        (no_codes, "holds no tensor 'codes'"),
        (three_axes, "holds codes of shape (2, 8, 16)"),
        (other_width, "of width 3;"),
        (other_generator, "takes its own"),
        (not_moving, "the clips stand still"),
        (too_short, "32 clips of 4 frames"),
        (not_finite, "holds codes that are not finite"),
    ],
)
def test_data_of_no_use_is_one_line_and_writes_nothing(
    tmp_path: Path,
    still: Path,
    data: object,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "out.safetensors"
    given = data(tmp_path)  # type: ignore[operator]
    command = ["train", "stylegan-v-motion", "--generator", str(still), "--data", given]

    code = run([*command, "--run-folder", str(tmp_path / "run"), "-o", str(output)])

    lines = capsys.readouterr().err.strip().splitlines()
    assert code != 0
    assert told in " ".join(lines) and "Traceback" not in " ".join(lines)
    assert not output.exists()


def clocked(folder: Path, w_dim: int, fps: str) -> str:
    return str(write_clips(folder / "x.safetensors", torch.zeros(2, 8, w_dim), fps=fps))


def test_motion_keeps_the_clock_of_its_clips(tmp_path: Path, still: Path) -> None:
    generator = dynode.load_generator(still)
    path = clocked(tmp_path, generator.info.w_dim, "12.5")

    assert read_code_clips(path, generator).fps == 12.5
    assert read_code_clips(path, generator, fps=12.5).fps == 12.5
    with pytest.raises(OptionError, match="12.5 frames a second"):
        read_code_clips(path, generator, fps=25)


def test_a_trained_motion_passes_as_fast_as_its_clips(tmp_path: Path, still: Path) -> None:
    codes, _ = planted_clips(dynode.load_generator(still).info.w_dim)
    clips = write_clips(tmp_path / "clips.safetensors", codes, fps="12.5")
    output = tmp_path / "moving.safetensors"

    dynode.train(
        "stylegan-v-motion",
        still,
        output,
        data=str(clips),
        folder=tmp_path / "run",
        steps=2,
        **FLOW,
    )

    made = dynode.load_generator(output)
    assert isinstance(made, MovingGenerator)
    assert made.fps == 12.5


@pytest.mark.parametrize("fps", ["0", "nan", "fast"])
def test_a_clock_that_is_no_number_is_refused(fps: str, tmp_path: Path, still: Path) -> None:
    generator = dynode.load_generator(still)

    with pytest.raises(CorruptCheckpointError, match="frames a second"):
        read_code_clips(clocked(tmp_path, generator.info.w_dim, fps), generator)


def test_clips_of_two_rates_need_a_word(tmp_path: Path, still: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for fps in (10, 20):
        write_video(iter([torch.rand(4, 3, 16, 16) * 2 - 1]), folder / f"{fps}.gif", fps=fps)

    with pytest.raises(OptionError, match="10 to 20 frames a second"):
        read_code_clips(str(folder), dynode.load_generator(still))
