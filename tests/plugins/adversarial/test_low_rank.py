"""Fine-tuning that holds parts of a generator, or trains offsets of low rank, written as a direction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.testing import run_command, tiny_generator, write_tiny_generator

SMALL: dict[str, Any] = {
    "steps": 4,
    "batch": 4,
    "max_channels": 4,
    "samples_every": 100,
    "save_every": 2,
    "augment": "none",
    "average_kimg": 0.0,
}

pytestmark = [
    pytest.mark.installed_plugins,
    pytest.mark.filterwarnings("ignore:the discriminator starts anew"),
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for index in range(4):
        pixels = np.full((16, 16, 3), 40 * index, np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tiny_generator(16, w_dim=8, channels=8)
    return write_tiny_generator(tmp_path_factory.mktemp("start") / "start.safetensors", made)


def train(pictures: Path, start: Path, folder: Path, **options: Any) -> Path:
    return dynode.train(
        "stylegan2",
        output=folder / "out.safetensors",
        data=str(pictures),
        start=start,
        folder=folder / "run",
        **{**SMALL, **options},
    )


def test_offsets_of_low_rank_draw_what_the_tuned_network_draws(
    pictures: Path, start: Path, tmp_path: Path
) -> None:
    before = dynode.load_generator(start)
    way = dynode.load_direction(train(pictures, start, tmp_path, rank=1))
    tuned = dynode.load_generator(tmp_path / "run" / "snapshot-000004.safetensors")

    codes = before.sample(3, seed=0)
    moved = before.synthesize(way.apply(codes, 1.0))
    assert isinstance(way, dynode.NetworkDirection)
    assert {down.shape[0] for down, _ in way.factors.values()} == {1}
    assert not torch.equal(before.synthesize(codes), moved)
    assert torch.equal(tuned.sample(3, seed=0).w, codes.w)  # the mapping is held
    # The same sum of convolutions in another order, of numbers near 1 in float32.
    torch.testing.assert_close(moved, tuned.synthesize(codes), atol=2e-5, rtol=1e-4)


def test_a_stopped_run_of_low_rank_ends_with_the_same_bytes(
    pictures: Path, start: Path, tmp_path: Path
) -> None:
    whole = train(pictures, start, tmp_path / "whole", rank=2)
    state = tmp_path / "parts" / "run" / "state.pt"

    def stop(done: int, total: int, message: str = "") -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(pictures, start, tmp_path / "parts", rank=2, progress=stop)
    assert state.is_file()
    parts = train(pictures, start, tmp_path / "parts", rank=2)

    assert parts.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("freeze", ["mapping", "styles"])
def test_what_is_frozen_stays(pictures: Path, start: Path, tmp_path: Path, freeze: str) -> None:
    tuned = dynode.load_generator(train(pictures, start, tmp_path, freeze=freeze))

    before = dynode.load_generator(start)
    ours, theirs = tuned.network.state_dict(), before.network.state_dict()  # type: ignore[attr-defined]
    changed = {name for name, part in ours.items() if not torch.equal(part, theirs[name])}
    held = {name for name in ours if name.startswith("mapping.")}
    styles = {name for name in ours if ".affine." in name}
    assert not changed & held
    assert bool(changed & styles) == (freeze == "mapping")
    assert any(name.endswith("conv1.weight") for name in changed)
    assert tuned.info.domain == before.info.domain


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--rank", "2"], "--rank is 2, which is for fine-tuning; name a generator with --from"),
        (["--freeze", "mapping"], "--freeze is mapping, which is for fine-tuning"),
        (["--rank", "2", "--freeze", "styles", "--from"], "--freeze does not apply with --rank"),
        (["--rank", "2", "-o", "a.pt", "--from"], "a.pt is to be a direction; name a .safetensors"),
    ],
    ids=["rank", "freeze", "both", "suffix"],
)
def test_what_does_not_apply_is_refused(
    pictures: Path, start: Path, tmp_path: Path, flags: list[str], told: str
) -> None:
    given = [*flags, str(start)] if flags[-1] == "--from" else flags
    asked = ["train", "stylegan2", "--data", str(pictures), "--run-folder", str(tmp_path / "r")]

    result = run_command([*asked, *given])

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
