"""`dynode walk --sound`: strengths and steps follow what is heard, and the clip is heard."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import dynode
import dynode_make
from dynode.errors import OptionError, UnknownNameError
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_make.sound import hear

RATE = 44_100
CLICKS_S = (0.31, 0.83, 1.402, 1.977, 2.55)


def write_sound(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32_000).astype("<i2").tobytes())
    return path


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    samples = np.random.default_rng(0).normal(0, 1e-3, 3 * RATE)
    for time in CLICKS_S:
        begin = round(time * RATE)
        samples[begin : begin + 220] += 0.8 * np.hanning(220) * np.cos(np.arange(220))
    return write_sound(tmp_path / "clicks.wav", samples)


@pytest.fixture
def generator() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.fixture
def up() -> dynode.Direction:
    return dynode.LinearDirection(torch.ones(8)).with_info(name="up")


def peaks(values: np.ndarray) -> np.ndarray:
    """Frames that are higher than the one before and no lower than the next, above half."""
    before, after = np.r_[0, values[:-1]], np.r_[values[1:], 0]
    return np.flatnonzero((values > before) & (values >= after) & (values > 0.5))


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_a_strength_peaks_within_40_ms_of_each_click(
    generator: dynode.StyleGAN2, up: dynode.Direction, clicks: Path, fps: float
) -> None:
    made = dynode_make.walk([1, 1], generator=generator, directions=[up], sound=clicks, fps=fps)

    moved = made.part(0, len(made)).w - generator.sample(1, seed=1, truncation=0.7).w
    times = peaks(moved[:, 0, 0].numpy()) / fps
    assert len(made) == round(3 * fps)
    assert len(times) == len(CLICKS_S)
    assert np.abs(times - CLICKS_S).max() < 0.04


def test_steps_follow_the_loudness(generator: dynode.StyleGAN2, tmp_path: Path) -> None:
    tone = np.sin(np.arange(2 * RATE) * 0.05) * np.repeat([0.1, 0.9], RATE)
    sound = write_sound(tmp_path / "tone.wav", tone)

    open_walk = dynode_make.walk("0-1", generator=generator, sound=sound, fps=20)
    loop = dynode_make.walk("0-1", generator=generator, sound=sound, fps=20, loop=True)

    steps = open_walk.positions.diff()
    assert open_walk.positions[[0, -1]].tolist() == [0, pytest.approx(1)]
    assert float(steps[25:].mean()) > 4 * float(steps[:15].mean())
    assert loop.positions[0] == 0
    assert 1.8 < float(loop.positions[-1]) < 2


@pytest.mark.parametrize(("trait", "hertz"), [("bass", 80), ("middle", 1000), ("treble", 8000)])
def test_bands_are_told_apart(tmp_path: Path, trait: str, hertz: float) -> None:
    tones = [np.sin(np.arange(RATE) * 2 * np.pi * f / RATE) * 0.5 for f in (80, 1000, 8000)]
    heard = hear(write_sound(tmp_path / "tones.wav", np.concatenate(tones)))

    loudest = int(np.argmax([heard.traits[trait][k * 100 + 50] for k in range(3)]))

    assert (80, 1000, 8000)[loudest] == hertz


def test_what_follows_is_chosen(
    generator: dynode.StyleGAN2, up: dynode.Direction, clicks: Path
) -> None:
    made = dynode_make.walk(
        "0-1", generator=generator, directions=[up], sound=clicks, fps=20, follow={"up": "onsets"}
    )
    still = dynode_make.walk(
        "0-1", generator=generator, directions=[up], sound=clicks, fps=20, follow={"step": "bass"}
    )

    torch.testing.assert_close(made.positions.diff().std(), torch.tensor(0.0).double())
    assert still.edits[0][2].keys == ((0.0, 1.0),)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
def test_the_clip_is_heard_at_the_same_time(
    generator: dynode.StyleGAN2, up: dynode.Direction, clicks: Path, tmp_path: Path, name: str
) -> None:
    made = dynode_make.walk([1, 1], generator=generator, directions=[up], sound=clicks, fps=10)

    made.save(tmp_path / name)

    heard = hear(tmp_path / name)
    onsets = heard.traits["onsets"]
    groups = np.split(
        np.flatnonzero(onsets > 0.5), np.flatnonzero(np.diff(np.flatnonzero(onsets > 0.5)) > 5) + 1
    )
    times = [group[np.argmax(onsets[group])] / 100 for group in groups]
    assert len(times) == len(CLICKS_S)
    offsets = np.array(times) - first_pictures_s(tmp_path / name) - CLICKS_S
    assert np.abs(offsets).max() < 0.04


def first_pictures_s(path: Path) -> float:
    import av

    with av.open(str(path)) as clip:
        video, audio = clip.streams.video[0], clip.streams.audio[0]
        starts = [float((s.start_time or 0) * (s.time_base or 0)) for s in (video, audio)]
    return starts[0] - starts[1]


def test_a_long_sound_is_cut_to_the_clip(
    generator: dynode.StyleGAN2, clicks: Path, tmp_path: Path
) -> None:
    dynode_make.walk("0-1", generator=generator, sound=clicks, seconds=1, fps=10).save(
        tmp_path / "a.mp4"
    )

    assert hear(tmp_path / "a.mp4").seconds < 1.1


def test_a_kind_without_sound_says_so(
    generator: dynode.StyleGAN2, clicks: Path, tmp_path: Path
) -> None:
    made = dynode_make.walk("0-1", generator=generator, sound=clicks, seconds=1, fps=4)

    with pytest.warns(UserWarning, match=r"clicks\.wav is left out"):
        made.save(tmp_path / "a.gif")


def test_what_is_no_sound_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: dynode.StyleGAN2
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator(tmp_path / "tiny.safetensors", generator)
    write_sound(tmp_path / "empty.wav", np.zeros(0))
    (tmp_path / "text.wav").write_text("no sound")
    cases: list[tuple[list[str], str]] = [
        (["--sound", "empty.wav"], "empty.wav"),
        (["--sound", "text.wav"], "text.wav"),
        (["--sound", "absent.wav"], "absent.wav"),
        (["--follow", "step=bass"], "--follow applies only with --sound"),
        (["--follow", "step"], "expected NAME=TRAIT"),
    ]

    for arguments, told in cases:
        ran = run_command(["walk", "0-1", "--generator", "tiny.safetensors", *arguments])
        assert ran.exit_code in (1, 2)
        assert told in ran.stderr
        assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("follow", [{"smile": "onsets"}, {"step": "noise"}], ids=str)
def test_names_that_mean_nothing_are_refused(
    generator: dynode.StyleGAN2, clicks: Path, follow: dict[str, Any]
) -> None:
    with pytest.raises((UnknownNameError, OptionError)):
        dynode_make.walk("0-1", generator=generator, sound=clicks, follow=follow)


def test_a_sound_heard_in_pieces_is_heard_whole(tmp_path: Path) -> None:
    """Looks do not depend on where the decoder's pieces end."""
    random = np.random.default_rng(1).normal(0, 0.1, 24_000 * 2)
    heard = hear(write_sound(tmp_path / "noise.wav", random, rate=24_000))

    padded = np.concatenate([np.zeros(240), np.round(random * 32_000) / 32_768, np.zeros(240)])
    rms = [np.sqrt(np.square(padded[k : k + 480]).mean()) for k in range(0, len(padded) - 479, 240)]
    assert len(heard.traits["loudness"]) == len(rms)
    # Sixteen bits cut off instead of rounded: one part in a thousand of this loudness.
    np.testing.assert_allclose(heard.traits["loudness"], np.array(rms) / max(rms), rtol=3e-3)
    assert list(itertools.islice(heard.traits, 2)) == ["loudness", "onsets"]
