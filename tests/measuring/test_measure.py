"""Sides of any kind are measured a few items at a time, kept, resumed; what does not fit is told."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import (
    DynodeError,
    MediaError,
    MissingWeightsError,
    OptionError,
    PluginError,
    UnknownNameError,
)
from dynode.measuring import measure
from dynode.plugins import Registry
from dynode.testing import run_command, tiny_generator
from dynode.testing.videos import write_test_video


class Mean(dynode.Metric):
    """Mean of the first channel; `seen` counts items whose features were computed."""

    name = "mean"
    summary = "mean of red"
    needs = dynode.Needs()
    seen = 0
    key = "mean of red"

    def start(self, options: Any, setting: dynode.Setting) -> dynode.Measurement:
        return MeanOfRed(self)


class MeanOfRed(dynode.Measurement):
    def __init__(self, metric: Mean) -> None:
        self.spec, self.cache_key = {"detector": "red"}, metric.key
        self._metric = metric
        self._rows: dict[str, list[torch.Tensor]] = {"a": [], "b": []}

    def features(self, items: torch.Tensor) -> torch.Tensor:
        type(self._metric).seen += len(items)
        return items[..., 0, :, :].flatten(1).mean(1)

    def update(self, a: torch.Tensor | None, b: torch.Tensor | None) -> None:
        for side, rows in (("a", a), ("b", b)):
            self._rows[side] += [] if rows is None else [rows]

    def compute(self) -> Mapping[str, float]:
        found = {side: torch.cat(rows) for side, rows in self._rows.items() if rows}
        return {f"mean-{side}": float(rows.mean()) for side, rows in found.items()} | {
            f"count-{side}": float(len(rows)) for side, rows in found.items()
        }


class Alone(Mean):
    name = "alone"
    needs = dynode.Needs(reference=False)


class Paired(Mean):
    name = "paired"
    needs = dynode.Needs(paired=True)


class Clips(Mean):
    name = "clips"
    needs = dynode.Needs(items="clips", reference=False, frames=10)


class Whole(Mean):
    name = "whole"
    needs = dynode.Needs(items="clips", reference=False)


class OfFaces(Mean):
    name = "of-faces"
    needs = dynode.Needs(reference=False)
    domains = ("faces",)


class Mute(Mean):
    name = "mute"
    needs = dynode.Needs(reference=False)

    def start(self, options: Any, setting: dynode.Setting) -> dynode.Measurement:
        found = MeanOfRed(self)
        found.compute = lambda: {"mute": float("nan")}  # type: ignore[method-assign]
        return found


METRICS = (Mean, Alone, Paired, Clips, Whole, OfFaces, Mute)


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Metrics without weights, a cache of their own, and the working folder."""
    registry = Registry()
    for metric in METRICS:
        registry.metrics.add(metric(), "these tests")
    monkeypatch.setattr("dynode.plugins.registry", lambda: registry)
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Mean.seen = Alone.seen = Paired.seen = Clips.seen = Whole.seen = 0
    return tmp_path


def folder(name: str, levels: list[int], size: int = 16) -> Path:
    Path(name).mkdir(parents=True)
    for index, level in enumerate(levels):
        picture = Image.fromarray(np.full((size, size, 3), level, np.uint8))
        picture.save(Path(name, f"{index:03d}.png"))
    return Path(name)


def level(value: int) -> float:
    return value / 127.5 - 1


# What a side may be


def test_a_folder_and_a_zip_file_of_the_same_pictures_measure_the_same() -> None:
    source = folder("photos", [0, 51, 255])
    with zipfile.ZipFile("photos.zip", "w") as archive:
        for path in source.iterdir():
            archive.write(path, path.name)

    found = measure("mean", source, "photos.zip").values

    assert found["mean-a"] == found["mean-b"] == pytest.approx((level(0) + level(51) + 1) / 3)


def test_a_folder_of_folders_of_pictures_is_a_set_of_all_of_them() -> None:
    folder("data/dark", [0, 51])
    folder("data/light/very", [255])

    found = measure("alone", "data").values

    assert found == {"mean-a": pytest.approx((level(0) + level(51) + 1) / 3), "count-a": 3}


def test_pictures_of_several_sizes_are_measured_one_size_after_the_other() -> None:
    source = folder("photos", [0, 0])
    Image.fromarray(np.full((20, 30, 3), 255, np.uint8)).save(source / "100.png")

    found = measure("alone", source)

    assert found.values == {"mean-a": pytest.approx(-1 / 3), "count-a": 3.0}
    assert "as stored" in found.spec["A"]


def test_pictures_are_resized_where_that_is_asked() -> None:
    found = measure("alone", folder("photos", [255], size=40), resolution=16)

    assert found.values["mean-a"] == pytest.approx(1.0)
    assert "cut and resized to 16 px (Lanczos)" in found.spec["A"]


def test_a_generator_draws_as_many_as_the_other_side_has() -> None:
    generator = tiny_generator(16, w_dim=32, channels=8, name="tiny")

    found = measure("mean", generator, folder("photos", [0] * 5))

    assert (found.values["count-a"], found.values["count-b"]) == (5, 5)
    assert "5 pictures drawn by tiny (seed 0, truncation 1, 8 bit)" in found.spec["A"]


def test_what_is_drawn_does_not_depend_on_how_many_are_drawn() -> None:
    generator = tiny_generator(16, w_dim=32, channels=8)

    few = measure("alone", generator, count=3, cache=False).values["mean-a"]
    more = measure("alone", generator, count=40, cache=False).values["mean-a"]
    drawn = generator.synthesize(generator.sample(1, seed=0, truncation=1.0)).detach()
    first = measure("alone", generator, count=1, cache=False).values["mean-a"]

    assert few != more
    # Through 8 bit: half a level of 127.5, averaged over pixels.
    assert first == pytest.approx(float(drawn.clamp(-1, 1)[:, 0].mean()), abs=0.5 / 127.5)


def test_two_sides_of_one_generator_are_drawn_from_other_seeds_and_pairs_from_one() -> None:
    generator = tiny_generator(16, w_dim=32, channels=8)

    sets = measure("mean", generator, generator, count=4).values
    pairs = measure("paired", generator, generator, count=4).values

    assert sets["mean-a"] != sets["mean-b"]
    assert pairs["mean-a"] == pairs["mean-b"]


def test_the_frames_of_a_clip_are_pictures_and_the_clip_itself_is_one() -> None:
    write_test_video(Path("clip.mp4"), frames=23, sound="")

    pictures = measure("alone", "clip.mp4").values
    parts = measure("clips", "clip.mp4")
    whole = measure("whole", "clip.mp4").values

    assert pictures["count-a"] == 23
    assert parts.values["count-a"] == 2  # of 10 frames each, one after the other
    assert whole["count-a"] == 1
    assert set(parts.frozen) == set(parts.values)
    assert parts.frozen["mean-a"] < parts.values["mean-a"]  # its frames grow brighter


def test_folders_of_clips_and_of_frames_and_zips_of_them_are_sets_of_clips() -> None:
    Path("clips").mkdir()
    for index in range(2):
        write_test_video(Path("clips", f"{index}.mp4"), frames=12, sound="")
        folder(f"frames/{index}", [0] * 12)
    with zipfile.ZipFile("frames.zip", "w") as archive:
        for path in sorted(Path("frames").rglob("*.png")):
            archive.write(path, path.relative_to("frames"))

    counts = {source: measure("clips", source).values["count-a"] for source in ("clips", "frames")}

    assert counts == {"clips": 2, "frames": 2}
    assert measure("clips", "frames.zip").values["count-a"] == 2
    assert measure("clips", "frames/0").values["count-a"] == 1


def test_items_in_memory_are_measured_too() -> None:
    found = measure(Alone(), torch.full((2, 3, 16, 16), 0.5)).values

    assert found["mean-a"] == 0.5


# Kept features


def test_features_are_kept_and_used_by_the_next_run() -> None:
    source = folder("photos", list(range(40)))

    first = measure("alone", source)
    again = measure("alone", source)

    assert Alone.seen == 40
    assert again.values == first.values


def test_a_run_that_was_killed_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    source = folder("photos", list(range(80)))
    told = []

    def kill(done: int, total: int, message: str = "") -> None:
        told.append(done)
        if done == 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure("alone", source, progress=kill)
    measure("alone", source)

    assert Alone.seen == 80  # 64 before and 16 after


def test_changed_content_and_changed_specs_are_measured_anew() -> None:
    source = folder("photos", [0, 10])
    measure("alone", source)

    Image.fromarray(np.full((16, 16, 3), 99, np.uint8)).save(source / "001.png")
    changed = measure("alone", source).values["mean-a"]
    measure("alone", source, resolution=24)

    assert changed == pytest.approx((level(0) + level(99)) / 2)
    assert Alone.seen == 6


def test_nothing_is_kept_where_that_is_not_wanted(world: Path) -> None:
    measure("alone", folder("photos", [0, 10]), cache=False)

    assert not (world / "cache").exists()


def test_damaged_features_are_computed_again_with_a_warning(world: Path) -> None:
    source = folder("photos", [0, 10])
    first = measure("alone", source).values
    (kept,) = (world / "cache" / "features").rglob("*.safetensors")
    kept.write_bytes(b"damaged")

    with pytest.warns(UserWarning, match="are damaged .* they are computed again"):
        assert measure("alone", source).values == first


# What does not fit


def refuse_count() -> None:
    measure("alone", folder("photos", [0, 0]), count=50)


def refuse_missing_side() -> None:
    measure("mean", folder("photos", [0]))


def refuse_second_side() -> None:
    measure("alone", folder("photos", [0]), "photos")


def refuse_numbers() -> None:
    measure("paired", folder("a", [0, 1]), folder("b", [0, 1, 2]))


def refuse_names() -> None:
    Path(folder("b", [0, 1]), "001.png").rename("b/other.png")
    measure("paired", folder("a", [0, 1]), "b")


def refuse_sizes() -> None:
    pairs = folder("a", [0, 1]), folder("b", [0, 1], size=32)
    measure("paired", *pairs)


def refuse_mixed() -> None:
    measure("paired", folder("a", [0]), tiny_generator(16, w_dim=32, channels=8))


def refuse_corrupt() -> None:
    (folder("photos", [0, 1]) / "001.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    measure("alone", "photos")


def refuse_empty() -> None:
    Path("empty").mkdir()
    measure("alone", "empty")


def refuse_short() -> None:
    write_test_video(Path("clip.mp4"), frames=9, sound="")
    measure("clips", "clip.mp4")


def refuse_stills() -> None:
    measure("clips", tiny_generator(16, w_dim=32, channels=8, name="tiny"))


def refuse_picture() -> None:
    measure("clips", folder("photos", [0]) / "000.png")


def refuse_skies() -> None:
    measure("of-faces", tiny_generator(16, w_dim=32, channels=8))


def refuse_sky_files() -> None:
    measure("of-faces", folder("photos", [0]), domain="skies")


def refuse_two_domains() -> None:
    measure("alone", tiny_generator(16, w_dim=32, channels=8), domain="skies")


def refuse_metric() -> None:
    measure("maen", "photos")


def refuse_source() -> None:
    measure("alone", "nowhere")


def refuse_nan() -> None:
    measure("mute", folder("photos", [0]))


def refuse_shape() -> None:
    measure("alone", torch.zeros(3, 16, 16))


@pytest.mark.parametrize(
    ("act", "error", "told"),
    [
        (
            refuse_count,
            OptionError,
            "50 items are asked for, and there are only 2 pictures of photos",
        ),
        (refuse_missing_side, OptionError, "mean compares two sides of pictures: give B too"),
        (refuse_second_side, OptionError, "alone measures one side, and B would be left out"),
        (refuse_numbers, MediaError, "there are 2 pictures of a, as stored and 3 pictures of b"),
        (refuse_names, MediaError, "'001' of A meets 'other' of B"),
        (refuse_sizes, MediaError, r"\(3, 16, 16\) of A meets \(3, 32, 32\) of B"),
        (refuse_mixed, OptionError, "their items make no pairs"),
        (refuse_corrupt, MediaError, "001.png is damaged"),
        (refuse_empty, MediaError, "empty holds no pictures"),
        (refuse_short, MediaError, r"clip.mp4 has no clip of 10 frames: clip.mp4 \(9 frames\)"),
        (refuse_stills, OptionError, "tiny draws stills, and clips are measured"),
        (refuse_picture, MediaError, "000.png is a still picture, and clips are measured"),
        (refuse_skies, OptionError, "of-faces is made for faces, and the generator draws"),
        (refuse_sky_files, OptionError, "made for faces, and what is measured shows skies"),
        (refuse_two_domains, OptionError, "to be 'skies', and the generator draws noise"),
        (refuse_metric, UnknownNameError, "did you mean 'mean'"),
        (refuse_source, UnknownNameError, "unknown generator, file or folder 'nowhere'"),
        (refuse_nan, PluginError, "found mute = nan; expected a finite number"),
        (refuse_shape, OptionError, r"expected pictures \(n, 3, h, w\)"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    act: Any, error: type[DynodeError], told: str
) -> None:
    with pytest.raises(error, match=told) as refused:
        act()

    assert "\n" not in str(refused.value)


def test_clips_that_are_too_short_are_named_and_left_out() -> None:
    Path("clips").mkdir()
    write_test_video(Path("clips", "long.mp4"), frames=12, sound="")
    write_test_video(Path("clips", "short.mp4"), frames=9, sound="")

    with pytest.warns(UserWarning, match=r"1 of 2 clips of clips .* short.mp4 \(9 frames\)"):
        found = measure("clips", "clips")

    assert found.values["count-a"] == 1


def test_files_that_are_no_pictures_are_named() -> None:
    source = folder("photos", [0])
    (source / "notes.txt").write_text("hello")

    with pytest.warns(UserWarning, match="left out of photos: notes.txt is no picture"):
        measure("alone", source)


# The command


def test_the_command_prints_figures_and_how_they_were_measured() -> None:
    folder("photos", [255])

    ran = run_command(["metrics", "alone", "photos"])

    assert ran.stdout.splitlines() == [
        "mean-a  1  (lower is better)",
        "count-a  1",
        "A: 1 pictures of photos, as stored; detector: red",
    ]


def test_the_command_writes_one_document_and_lists_metrics() -> None:
    folder("photos", [255])

    found = json.loads(run_command(["metrics", "mean", "photos", "photos", "--json"]).stdout)
    listed = run_command(["metrics", "list"]).stdout

    assert found["values"]["mean-a"] == 1.0
    assert found["spec"]["detector"] == "red"
    assert [line.split()[0] for line in listed.splitlines()] == [m.name for m in METRICS]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["alone"], "Missing argument 'A'"),
        (["mean", "photos"], "Missing argument 'B'"),
        (["maen", "photos"], "did you mean 'mean'"),
        (["alone", "photos", "--count", "9"], "9 items are asked for"),
        (["alone", "photos", "--truncation", "0.5"], "--truncation is for generators"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: list[str], told: str) -> None:
    folder("photos", [0])

    ran = run_command(["metrics", *arguments])

    assert ran.exit_code == 2
    assert told in ran.stderr
    assert len(ran.stderr.splitlines()) == 1 and not ran.stdout


def test_a_missing_file_of_weights_has_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    folder("photos", [0])

    def missing(self: Any, options: Any, setting: Any) -> Any:
        raise MissingWeightsError("alone needs a file; give it with --weights FILE")

    monkeypatch.setattr(Alone, "start", missing)

    ran = run_command(["metrics", "alone", "photos"])

    assert (ran.exit_code, ran.stderr) == (
        3,
        "error: alone needs a file; give it with --weights FILE\n",
    )


def test_missing_weights_are_told_before_any_file_is_hashed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = folder("photos", [0])
    write_test_video(Path("clip.mp4"), frames=12, sound="")

    def missing(self: Any, options: Any, setting: Any) -> Any:
        raise MissingWeightsError("a file is needed")

    def hashed(*_: Any) -> Any:
        raise AssertionError("hashed, though nothing can be measured")

    for metric in (Alone, Clips):
        monkeypatch.setattr(metric, "start", missing)
    monkeypatch.setattr("hashlib.file_digest", hashed)

    for metric, side in (("alone", source), ("clips", "clip.mp4")):
        with pytest.raises(MissingWeightsError):
            measure(metric, side)
