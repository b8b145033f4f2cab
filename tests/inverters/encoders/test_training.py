"""Training encoders: losses against closed forms, and runs that are stopped and continued."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from dynode.distance import loading
from dynode.distance.distance import PixelDistance
from dynode.errors import MediaError, UnknownNameError, UnsupportedCheckpointError, UsageError
from dynode.training.ranger import Ranger
from dynode_encoders.config import EncoderConfig
from dynode_encoders.reading import read_encoder, write_encoder
from dynode_encoders.training.adversarial import (
    R1_EVERY,
    R1_WEIGHT,
    CodePool,
    LatentDiscriminator,
    discriminator_loss,
)
from dynode_encoders.training.building import build
from dynode_encoders.training.losses import offset_term, picture_loss
from dynode_encoders.training.recipe import EncoderRecipe, RestyleRecipe, stage_at
from dynode_encoders.training.trainer import train_encoder

TINY = {
    "backbone": "compact",
    "width": 4,
    "size_px": 32,
    "batch": 4,
    "latent_batch": 4,
    "learning_rate": 1e-3,
    "first_offset": 2,
    "next_offset": 1,
    "save_every": 3,
    "perceptual": 0.0,
}
E4E = EncoderRecipe(**TINY, latent_steps=3, steps=5, latent=0.5, adversarial=0.1, average=0.9)
RESTYLE = RestyleRecipe(**TINY, steps=5, turns=2, variant="e4e", code_norm=0.01, jitter=0.02)


class Stopped(Exception):
    """The process dies here."""


def log_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("recipe", [E4E, RESTYLE], ids=["e4e", "restyle"])
def test_a_run_that_dies_and_goes_on_takes_the_same_steps(
    generator, tmp_path, recipe, monkeypatch
) -> None:
    monkeypatch.setattr("dynode_encoders.training.trainer._LOG_EVERY", 1)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_encoder(generator, recipe, whole / "out.safetensors", folder=whole)

    def die(done: int, total: int, message: str = "") -> None:
        if done == 5:  # two steps after the last state was saved
            raise Stopped

    with pytest.raises(Stopped):
        train_encoder(generator, recipe, parts / "out.safetensors", folder=parts, progress=die)
    train_encoder(generator, recipe, parts / "out.safetensors", folder=parts)

    assert log_of(parts) == log_of(whole)
    same = [(folder / "out.safetensors").read_bytes() for folder in (whole, parts)]
    assert same[0] == same[1]


def test_event_files_hold_the_log_and_may_come_later(generator, tmp_path, monkeypatch) -> None:
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.setattr("dynode_encoders.training.trainer._LOG_EVERY", 1)
    for recipe in (
        dataclasses.replace(E4E, until=3),
        dataclasses.replace(E4E, until=5, tensorboard=True),
    ):
        train_encoder(generator, recipe, tmp_path / "out.safetensors", folder=tmp_path, force=True)

    written = board.EventAccumulator(str(tmp_path / "tensorboard")).Reload()

    told = [(event.step, event.value) for event in written.Scalars("loss")]
    logged = [(int(line["step"]), line["loss"]) for line in log_of(tmp_path)[3:]]
    assert [step for step, _ in told] == [step for step, _ in logged] == [4, 5]
    assert [value for _, value in told] == pytest.approx([value for _, value in logged])


def test_training_on_samples_finds_codes(generator, tmp_path) -> None:
    recipe = dataclasses.replace(
        E4E, latent_steps=150, steps=0, optimizer="muon", first_offset=0, next_offset=0
    )
    before = float(
        (generator.sample(64, seed=1, truncation=1.0).w - generator.mean_w).square().mean()
    )

    train_encoder(generator, recipe, tmp_path / "out.safetensors", folder=tmp_path / "run")

    encoder = read_encoder(tmp_path / "out.safetensors")
    codes = generator.sample(64, seed=1, truncation=1.0)
    error = float((encoder.read(generator.synthesize(codes)) - codes.w).square().mean())
    assert error < 0.8 * before  # the mean code has `before`; unrelated codes twice that


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_pictures_of_the_users_are_trained_on(generator, tmp_path, kind) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for index in range(3):
        Image.new("RGB", (40, 32), (80 * index, 0, 0)).save(pictures / f"{index}.png")
    source = pictures
    if kind == "zip":
        source = tmp_path / "pictures.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for file in pictures.iterdir():
                archive.write(file, f"inside/{file.name}")
    recipe = dataclasses.replace(E4E, latent=0.0, latent_steps=0, steps=2)

    train_encoder(
        generator, recipe, tmp_path / "out.safetensors", data=str(source), folder=tmp_path / "run"
    )

    encoder = read_encoder(tmp_path / "out.safetensors")
    assert encoder.metadata["fingerprint"] == generator.info.fingerprint
    assert encoder.config.rows == generator.info.num_layers


def test_codes_of_the_users_pictures_are_not_known(generator, tmp_path) -> None:
    with pytest.raises(UsageError, match="use --data sampled"):
        train_encoder(generator, E4E, tmp_path / "o.safetensors", data="x", folder=tmp_path)


def test_a_folder_without_pictures_is_refused(generator, tmp_path) -> None:
    recipe = dataclasses.replace(E4E, latent=0.0, latent_steps=0)

    with pytest.raises(MediaError, match="holds no pictures"):
        train_encoder(
            generator, recipe, tmp_path / "o.safetensors", data=str(tmp_path), folder=tmp_path
        )


@pytest.mark.parametrize(
    ("step", "stage"),
    [(0, 0), (19_999, 0), (20_000, 1), (21_999, 1), (22_000, 2), (50_000, 16), (10**6, 17)],
)
def test_rows_leave_the_first_by_the_published_schedule(step: int, stage: int) -> None:
    assert stage_at(EncoderRecipe(), step, 18) == stage


def test_ranger_between_its_look_aheads_is_the_rectified_adam_of_torch() -> None:
    start = torch.randn(7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    settings = {"lr": 0.01, "betas": (0.95, 0.999), "eps": 1e-5}
    ranger, reference = Ranger([ours], **settings), torch.optim.RAdam([theirs], **settings)
    gradients = torch.randn(11, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    slow = start.clone()

    for step, gradient in enumerate(gradients, start=1):
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        ranger.step()
        reference.step()
        if step % 6 == 0:
            slow = slow.lerp(theirs.data, 0.5)
            theirs.data.copy_(slow)
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def test_ranger_centres_the_gradients_of_matrices() -> None:
    weight = torch.nn.Parameter(torch.zeros(2, 3))
    weight.grad = torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])

    Ranger([weight], lr=1.0).step()

    # The first step is -lr times the gradient, mean (1 - 0.95) over bias correction (1 - 0.95).
    torch.testing.assert_close(weight.data, torch.tensor([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]]))


def test_a_pool_gives_back_what_it_took_until_it_is_full() -> None:
    pool, random = CodePool(4), torch.Generator().manual_seed(0)
    first, later = torch.arange(4.0)[:, None], torch.arange(4.0, 44.0)[:, None]

    assert torch.equal(pool.exchange(first, random), first)
    given = pool.exchange(later, random).flatten().tolist()

    older = sum(value != wanted for value, wanted in zip(given, range(4, 44), strict=True))
    assert 10 <= older <= 30  # half of 40; six deviations of 3.2 around 20
    assert sorted([*given, *(float(code) for code in pool.kept)]) == [float(i) for i in range(44)]


def test_the_gradient_penalty_has_its_closed_form_on_a_linear_judge() -> None:
    judge = LatentDiscriminator(2)
    judge.mlp = torch.nn.Sequential(torch.nn.Linear(2, 1))
    real, fake = torch.randn(5, 2), torch.randn(5, 2)

    plain = discriminator_loss(judge, real, fake, step=1)
    penalised = discriminator_loss(judge, real, fake, step=0)

    slope = judge.mlp[0].weight.square().sum()
    torch.testing.assert_close(penalised - plain, R1_WEIGHT / 2 * R1_EVERY * slope)


def test_the_offset_term_sums_mean_lengths_of_the_rows_in_use() -> None:
    codes = torch.zeros(2, 4, 3)
    codes[0, 1] = torch.tensor([3.0, 4.0, 0.0])  # length 5, mean over two pictures 2.5
    codes[:, 2, 0] = 1.0
    codes[:, 3] = 100.0

    assert float(offset_term(codes, 2)) == pytest.approx(3.5, abs=1e-5)  # root of 1e-12 each


def test_a_perceptual_file_for_a_distance_without_one_is_a_mistake(generator) -> None:
    recipe = EncoderRecipe(distance="pixels", distance_weights=Path("vgg.pth"))

    with pytest.raises(UsageError, match="needs none"):
        picture_loss(recipe, generator)


def test_a_plugin_s_distance_is_taken_by_its_name(generator, monkeypatch) -> None:
    class Mine:
        def load(self, device: object, *, weights: Path | None) -> PixelDistance:
            asked.append(weights)
            return PixelDistance()

    asked: list[Path | None] = []
    registered = SimpleNamespace(distances={"mine": Mine()})
    monkeypatch.setattr(loading.plugins, "registry", lambda: registered)

    picture_loss(EncoderRecipe(distance="mine", distance_weights=Path("mine.pt")), generator)

    assert asked == [Path("mine.pt")]


def test_a_distance_that_nobody_knows_is_a_mistake(generator) -> None:
    with pytest.raises(UnknownNameError, match=r"'lpisp'.*lpips"):
        picture_loss(EncoderRecipe(distance="lpisp"), generator)


def test_a_start_from_three_channels_reads_the_same_with_six(tmp_path) -> None:
    shape = {"rows": 6, "w_dim": 16, "size": (32, 32), "widths": (4, 8, 16, 24)}
    narrow = build(EncoderConfig("CompactProgressiveEncoder", **shape), None, seed=0).eval()
    write_encoder(narrow, torch.zeros(6, 16), tmp_path / "narrow.safetensors", {})
    images, current = torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32)

    config = EncoderConfig("CompactProgressiveEncoder", inputs=6, **shape)
    wide = build(config, tmp_path / "narrow.safetensors", seed=1).eval()

    with torch.inference_mode():
        expected = read_encoder(tmp_path / "narrow.safetensors").network(images)
        torch.testing.assert_close(wide(torch.cat([images, current], 1)), expected)


def test_a_difference_reads_how_far_the_reconstruction_is(tmp_path) -> None:
    shape = {"rows": 6, "w_dim": 16, "size": (32, 32), "widths": (4, 8, 16, 24)}
    reader = build(EncoderConfig("CompactEncoder", **shape), None, seed=0).eval()
    write_encoder(reader, torch.zeros(6, 16), tmp_path / "reader.safetensors", {})
    images, current = torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32)

    config = EncoderConfig("CompactDifferenceEncoder", inputs=6, **shape)
    network = build(config, tmp_path / "reader.safetensors", seed=1).eval()

    with torch.inference_mode():
        known = read_encoder(tmp_path / "reader.safetensors").network
        expected = known(images) - known(current)
        torch.testing.assert_close(network(torch.cat([images, current], 1)), expected)
        assert not network(torch.cat([images, images], 1)).any()


def test_a_start_from_another_network_is_refused(tmp_path) -> None:
    torch.save({"other": torch.zeros(3)}, tmp_path / "other.pt")
    config = EncoderConfig("CompactEncoder", rows=6, w_dim=16, size=(32, 32), widths=(4, 8, 16, 24))

    with pytest.raises(UnsupportedCheckpointError, match="no weight in common"):
        build(config, tmp_path / "other.pt", seed=0)
