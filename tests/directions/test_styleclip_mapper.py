"""Training StyleCLIP's mappers: the published loop, runs that are killed, every kind and size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from dynode import plugins
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.direction.mapper import MapperDirection
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.errors import GeneratorMismatchError, OptionError, UnknownNameError, UsageError
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator
from dynode.importing import export_direction, import_directions
from dynode.latents.latents import Latents
from dynode.options import build_options
from dynode.plugins.methods import Progress, silent
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator
from dynode.testing.stand_ins import ColourModel
from dynode.training.ranger import Ranger
from dynode.training.run import generator_at
from dynode_styleclip import mapper_training, plugin
from dynode_styleclip.goal import Goal
from dynode_styleclip.mapper_network import new_mapper
from dynode_styleclip.options import MapperOptions, MapperTraining
from dynode_styleclip.plugin import LatentMapper

SMALL = {"text": "red", "steps": 6, "batch": 2}


class Killed(Exception):
    """The process dies here."""


@pytest.fixture
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=4, seed=2)


@pytest.fixture(autouse=True)
def _model_and_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mapper_training, "load_text_model", lambda *a, **k: ColourModel())
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))


def options(**given: Any) -> MapperOptions:
    made = build_options(MapperOptions, {**SMALL, **given}, owner="styleclip-mapper")
    assert isinstance(made, MapperOptions)
    return made


def train(generator: Generator, progress: Progress = silent, **given: Any) -> Direction:
    found = LatentMapper().find(generator, options(**given), seed=0, progress=progress)
    assert isinstance(found, Direction)
    return found


def losses(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("kind", ["levels", "single", "styles"])
def test_pictures_show_more_of_the_text(generator: StyleGAN2, kind: str) -> None:
    found = train(generator, kind=kind, steps=60, batch=8)

    goal = Goal(generator, ColourModel(), "red", "")
    start = generator.sample(16, seed=99)
    first = goal.see(start)
    before, _ = goal.measure(start, first)
    after, _ = goal.measure(found.ready_for(generator).apply(start, 0.5), first)
    assert isinstance(found, StyleMapperDirection if kind == "styles" else MapperDirection)
    assert float((after - before).mean()) > 0.02


def test_published_training_equals_a_plain_reimplementation(
    generator: StyleGAN2, tmp_path: Path
) -> None:
    found = train(generator, published=True, kind="single", folder=tmp_path / "run")
    assert isinstance(found, MapperDirection)

    model = ColourModel()
    mapper = new_mapper(generator, options(published=True, kind="single"), generator_at(0, 1))
    ranger = Ranger(mapper.parameters(), lr=0.5)
    pool = draw_population(generator, 2048, seed=0, truncation=0.7).latents.w
    target = model.encode_texts(["red"])[0]
    told = []
    for step in range(6):
        w = pool[torch.randint(len(pool), (2,), generator=generator_at(0, 2, step))]
        edited = w + 0.1 * mapper(w)  # type: ignore[arg-type]
        image = functional.adaptive_avg_pool2d(generator.synthesize(Latents(edited)), 16)
        cosine = model.encode_images(image, normalize=False) @ target
        loss = (1 - cosine).mean() + 0.8 * functional.mse_loss(edited, w)
        ranger.zero_grad()
        loss.backward()
        ranger.step()
        told.append(float(loss.detach()))
    # The same float32 operations in another order.
    assert [line["loss"] for line in losses(tmp_path / "run")] == pytest.approx(told, abs=1e-5)
    for ours, theirs in zip(found.mapper.parameters(), mapper.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs.detach(), atol=2e-2, rtol=1e-4)  # values of 100


def test_a_run_that_is_killed_goes_on_with_identical_losses(
    generator: StyleGAN2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapper_training, "_SAVE_EVERY", 2)

    def kill(done: int, total: int, message: str = "") -> None:
        if done == 5:  # a step after the last saved state
            raise Killed

    whole = train(generator, folder=tmp_path / "whole")
    with pytest.raises(Killed):
        train(generator, kill, folder=tmp_path / "parts")
    parts = train(generator, folder=tmp_path / "parts")

    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    start = generator.sample(2, seed=1)
    assert torch.equal(whole.apply(start).w, parts.apply(start).w)


def test_without_a_folder_the_same_command_goes_on_and_leaves_nothing(
    generator: StyleGAN2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapper_training, "_SAVE_EVERY", 2)
    taken: list[int] = []

    def kill(done: int, total: int, message: str = "") -> None:
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        train(generator, kill)
    train(generator, lambda done, total, message="": taken.append(done))

    assert taken == [3, 4, 5, 6]  # the kill came before the state of step 4 was saved
    assert list((tmp_path / "cache" / "styleclip").iterdir()) == []


def test_a_folder_with_another_run_is_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    train(generator, folder=tmp_path / "run")

    with pytest.raises(UsageError, match="holds a run with other options"):
        train(generator, folder=tmp_path / "run", text="blue")


@pytest.mark.parametrize(
    ("resolution", "parts", "groups"),
    [
        (8, "coarse,medium,fine", ((0, 4),)),
        (16, "coarse,medium,fine", ((0, 4), (4, 6))),
        (64, "coarse,medium,fine", ((0, 4), (4, 8), (8, 10))),
        (64, "medium", ((4, 8),)),
    ],
)
def test_any_number_of_rows_has_its_parts(
    resolution: int, parts: str, groups: tuple[tuple[int, int], ...]
) -> None:
    generator = tiny_generator(resolution, w_dim=8, channels=4)

    found = train(generator, parts=parts, steps=2)

    assert isinstance(found, MapperDirection)
    assert found.mapper.groups == groups
    before = generator.sample(1, seed=0).w
    moved = (found.apply(Latents(before)).w != before).any(2)[0].tolist()
    wanted = [any(a <= row < b for a, b in groups) for row in range(generator.info.num_layers)]
    assert moved == wanted


@pytest.mark.parametrize("kind", ["levels", "styles"])
def test_a_trained_mapper_is_exported_in_the_published_layout_and_read_back(
    generator: StyleGAN2, tmp_path: Path, kind: str
) -> None:
    plugins.registry().register(plugin, "test")
    found = train(generator, kind=kind, published=True, steps=2)

    export_direction(found, tmp_path / "mapper.pt")
    (back,) = import_directions(tmp_path / "mapper.pt")

    start = generator.sample(2, seed=3)
    ours, theirs = (d.ready_for(generator).apply(start) for d in (found, back))
    torch.testing.assert_close(ours.w, theirs.w, atol=0, rtol=0)
    assert all(torch.equal(ours.styles[name], theirs.styles[name]) for name in ours.styles)


def test_codes_from_a_file_are_trained_on(generator: StyleGAN2, tmp_path: Path) -> None:
    codes = generator.sample(3, seed=5)
    codes.save(tmp_path / "codes.safetensors", fingerprint=generator.info.fingerprint)

    LatentMapper().train(
        generator,
        tmp_path / "red.safetensors",
        MapperTraining(**SMALL),  # type: ignore[arg-type]
        data=str(tmp_path / "codes.safetensors"),
        folder=tmp_path / "run",
        seed=0,
        force=False,
        progress=silent,
    )

    found = load_direction(tmp_path / "red.safetensors")
    assert found.info.options["codes"].endswith("codes.safetensors")
    assert found.info.method == "styleclip-mapper"


def test_a_folder_of_pictures_is_to_be_inverted_first(generator: StyleGAN2, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"invert the pictures first, 'dynode invert .* -o codes"):
        LatentMapper().train(
            generator,
            tmp_path / "red.safetensors",
            MapperTraining(text="red"),
            data=str(tmp_path),
            folder=tmp_path / "run",
            seed=0,
            force=False,
            progress=silent,
        )


def test_codes_of_another_generator_are_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    torch.save(torch.zeros(3, 4, 16), tmp_path / "codes.pt")

    with pytest.raises(GeneratorMismatchError, match=r"holds codes \(4, 16\), generator tiny"):
        train(generator, codes=tmp_path / "codes.pt")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": " "}, "the text is empty"),
        ({"text": "red " * 2500}, "characters; expected at most 1000"),
        ({"text": "xyzzy"}, "knows no word of 'xyzzy'"),
        ({"neutral": "red"}, "mean the same"),
        ({"parts": "fine"}, "expected rows that tiny has"),
        ({"parts": "midium"}, "unknown part of a mapper 'midium'; did you mean"),
        ({"kind": "stiles"}, "did you mean 'styles'"),
    ],
    ids=["empty", "long", "unknown", "neutral", "no-rows", "part", "kind"],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    generator: StyleGAN2, given: dict[str, Any], message: str
) -> None:
    with pytest.raises((OptionError, UnknownNameError), match=message) as caught:
        train(generator, **given)

    assert "\n" not in str(caught.value)


def test_event_files_hold_the_log(generator: StyleGAN2, tmp_path: Path) -> None:
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    asked = MapperTraining(**SMALL, tensorboard=True)  # type: ignore[arg-type]

    LatentMapper().train(
        generator,
        tmp_path / "red.safetensors",
        asked,
        data="sampled",
        folder=tmp_path,
        seed=0,
        force=False,
        progress=silent,
    )

    written = board.EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("loss")
    assert [event.step for event in written] == [line["step"] for line in losses(tmp_path)]
    assert [event.value for event in written] == pytest.approx(
        [line["loss"] for line in losses(tmp_path)]
    )
    assert isinstance(load_direction(tmp_path / "red.safetensors"), MapperDirection)
