"""What no plugin's check runs, on a device that is not there: directions, dynamics, trainings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.direction import (
    Direction,
    EditStack,
    LinearDirection,
    MapperDirection,
    PathDirection,
    RowMapper,
    StyleDirection,
    StyleMapper,
    StyleMapperDirection,
    WeightDirection,
    ZDirection,
)
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.settings import FitOptions
from dynode.latents.latents import Latents
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator
from dynode.testing.pretend_device import DEVICE, PretendTensor, place, pretend_device
from dynode.weights import write_safetensors

ROWS, WIDTH, LAYER = 4, 16, "b8.conv1"
QUICK = FitOptions(steps=2, shooting=1, chunk=5, width=8)
# The same operations on the same processor in float32; fits and optimisers amplify their rounding.
SAME, AMPLIFIED = 1e-5, 1e-3


def here() -> StyleGAN2:
    return tiny_generator(8, w_dim=WIDTH, channels=4)


def there() -> StyleGAN2:
    generator = here()
    place(generator.network)
    return generator


def held(tensor: torch.Tensor) -> torch.Tensor:
    assert isinstance(tensor, PretendTensor), "it is on the CPU"
    return tensor.held


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.RandomState(0).randn(*shape).astype(np.float32)) / 4


def moving(count: int = 6) -> Latents:
    turns = torch.linspace(0, 2, count)[:, None, None]
    return Latents(turns.cos() * random(ROWS, WIDTH) + turns.sin() * random(1, WIDTH))


def path() -> PathDirection:
    when = torch.linspace(0, 1, 6, dtype=torch.float64)
    return PathDirection.of(fit_trajectory(moving(), when, options=QUICK))


def seeded(make: Callable[[], torch.nn.Module]) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make().requires_grad_(False)


KINDS: dict[str, Callable[[], Direction]] = {
    "linear": lambda: LinearDirection(random(WIDTH)),
    "rows": lambda: LinearDirection(random(ROWS, WIDTH), torch.tensor([True, False, True, False])),
    "style": lambda: StyleDirection({LAYER: random(4)}),
    "weight": lambda: WeightDirection(LAYER, random(4, 4, 3, 3)),
    "mapper": lambda: MapperDirection(
        seeded(lambda: RowMapper([(0, 2), (2, ROWS)], WIDTH, depth=2))
    ),
    "style mapper": lambda: StyleMapperDirection(
        seeded(lambda: StyleMapper({LAYER: 4, "b4.conv1": 4}, depth=2))
    ),
    "z": lambda: ZDirection(random(WIDTH)),
    "path": path,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_direction_of_the_cpu_moves_codes_of_the_device(kind: str) -> None:
    def drawn(generator: StyleGAN2) -> torch.Tensor:
        latents = generator.sample(2, seed=1)
        strength = torch.tensor([0.5, -1.0], device=latents.w.device)
        moved = direction.ready_for(generator).apply(latents, strength)
        return generator.synthesize(moved).detach()

    direction = KINDS[kind]()
    with pretend_device() as counts:
        generator = there()
        drawn(generator)  # hashes the weights, the first time
        counts.clear()
        found = drawn(generator)
    torch.testing.assert_close(held(found), drawn(here()), atol=SAME, rtol=SAME)
    # A direction of z becomes one of w, which is kept on the host.
    assert counts["to_host"] == (1 if kind == "z" else 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "z"])
def test_nothing_is_waited_for_where_the_strength_is_a_number(kind: str) -> None:
    direction = KINDS[kind]()
    with pretend_device() as counts:
        generator = there()
        ready, latents = direction.ready_for(generator), generator.sample(2, seed=1)
        counts.clear()
        generator.synthesize(ready.apply(latents, 0.5))

    waits = {name: count for name, count in counts.items() if name != "to_device"}
    assert waits == {}


def test_a_stack_of_all_kinds_moves_codes_of_the_device() -> None:
    def drawn(generator: StyleGAN2) -> torch.Tensor:
        stack = EditStack(tuple((one.ready_for(generator), 0.7) for one in directions))
        return generator.synthesize(stack.apply(generator.sample(1, seed=1))).detach()

    directions = [make() for make in KINDS.values()]
    with pretend_device():
        found = drawn(there())
    torch.testing.assert_close(held(found), drawn(here()), atol=SAME, rtol=SAME)


def test_an_exact_edit_of_z_stays_on_the_device() -> None:
    direction = ZDirection(random(WIDTH))
    with pretend_device():
        z = random(3, WIDTH).to(DEVICE)
        found = direction.apply_z(z, 2.0)
    torch.testing.assert_close(held(found), direction.apply_z(random(3, WIDTH), 2.0))


@pytest.mark.parametrize("shown", ["rollout", "along"])
def test_dynamics_are_fitted_and_rolled_out_there(shown: str) -> None:
    def rolled(device: Any) -> torch.Tensor:
        latents = moving().to(device, None)
        fitted = fit_trajectory(latents, options=QUICK)
        if shown == "rollout":
            return fitted.rollout(torch.tensor([0.0, 0.5, 4.5], dtype=torch.float64)).latents.w
        along = PathDirection.of(fitted)
        return along.along(latents[[0]], torch.linspace(0, 1, 5)).w

    with pretend_device():
        found = rolled(DEVICE)
    torch.testing.assert_close(held(found), rolled("cpu"), atol=AMPLIFIED, rtol=AMPLIFIED)


ADVERSARIAL: dict[str, Any] = {
    "steps": 1,
    "batch": 4,
    "z_dim": 8,
    "w_dim": 8,
    "max_channels": 4,
    "samples_every": 100,
    "save_every": 1,
}
VIDEO = ADVERSARIAL | {
    "motion_dim": 4,
    "frequencies": 4,
    "kernel": 3,
    "max_frames": 16,
    "max_distance": 4,
}


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Four clips of eight frames of 16 px, which are pictures too."""
    for clip in range(4):
        for index in range(8):
            path = tmp_path / "clips" / f"c{clip}" / f"f{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16, 16), (30 * index, 60 * clip, 90)).save(path)
    return tmp_path / "clips"


@pytest.mark.installed_plugins
@pytest.mark.parametrize("name", ["stylegan2", "stylegan-v"])
def test_a_generator_is_trained_there(name: str, frames: Path, tmp_path: Path) -> None:
    from dynode_adversarial import TrainingJob
    from dynode_adversarial.still import StillTrainingOptions, train_still
    from dynode_stylegan_v.video_options import VideoTrainingOptions
    from dynode_stylegan_v.video_training import train_video

    output = tmp_path / "trained.safetensors"
    with pretend_device() as counts:
        job = TrainingJob(str(frames), tmp_path / "run", device=DEVICE)
        if name == "stylegan2":
            train_still(StillTrainingOptions(**ADVERSARIAL, augment="fixed"), output, job)
        else:
            train_video(VideoTrainingOptions(**VIDEO, augment="fixed"), output, job)

    assert counts["to_device"] > 0 and output.stat().st_size > 0


ENCODER: dict[str, Any] = {
    "backbone": "compact",
    "width": 4,
    "size_px": 32,
    "batch": 4,
    "latent_batch": 4,
    "first_offset": 1,
    "next_offset": 1,
    "save_every": 3,
    "perceptual": 0.0,
    "steps": 3,
}


@pytest.mark.installed_plugins
@pytest.mark.parametrize("name", ["e4e", "restyle"])
def test_an_encoder_is_trained_and_continued_there(name: str, tmp_path: Path) -> None:
    from dynode_encoders.training.recipe import EncoderRecipe, RestyleRecipe
    from dynode_encoders.training.trainer import train_encoder

    recipe: EncoderRecipe = (
        EncoderRecipe(**ENCODER, latent_steps=1, latent=0.5, adversarial=0.1)
        if name == "e4e"
        else RestyleRecipe(**ENCODER, turns=2, variant="e4e", code_norm=0.01, jitter=0.02)
    )
    generator, output = tiny_generator(32, channels=4), tmp_path / "encoder.safetensors"
    place(generator.network)

    with pretend_device() as counts:
        train_encoder(
            generator, dataclasses.replace(recipe, until=2), output, folder=tmp_path / "run"
        )
        train_encoder(generator, recipe, output, folder=tmp_path / "run", force=True)

    assert counts["to_device"] > 0 and output.stat().st_size > 0


@pytest.mark.installed_plugins
@pytest.mark.parametrize("objective", ["flow", "gan"])
def test_the_motion_of_clips_is_trained_there(objective: str, tmp_path: Path) -> None:
    generator = there()
    swings = torch.sin(torch.arange(24)[:, None] * 0.4 + torch.rand(8, 1, 1) * 6)
    codes = (swings * torch.randn(WIDTH))[:, :, None]
    write_safetensors({"codes": codes.contiguous()}, tmp_path / "clips.safetensors", {})
    small: dict[str, Any] = {
        "objective": objective,
        "batch": 4,
        "width": 4,
        "hidden": 4,
        "steps": 1,
    }

    with pretend_device() as counts:
        output = dynode.train(
            "stylegan-v-motion",
            generator,
            tmp_path / "moving.safetensors",
            data=str(tmp_path / "clips.safetensors"),
            folder=tmp_path / "run",
            **small,
        )

    assert counts["to_device"] > 0 and Path(output).stat().st_size > 0


@pytest.mark.installed_plugins
def test_codes_of_a_stopped_run_join_those_of_the_device() -> None:
    from dynode_encoders.training.adversarial import CodePool

    pool, dice = CodePool(2), torch.Generator().manual_seed(0)
    with pretend_device():
        pool.exchange(random(2, WIDTH).to(DEVICE), dice)
        pool.load_state_dict({name: [c.cpu() for c in v] for name, v in pool.state_dict().items()})
        given = pool.exchange(random(8, WIDTH).to(DEVICE), dice)

    assert given.device == DEVICE
