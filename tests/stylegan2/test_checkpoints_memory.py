"""Reading a checkpoint takes little more memory than the file has bytes."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode.stylegan2.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from dynode.stylegan2.checkpoints.collecting import native_shapes
from dynode.stylegan2.config import GeneratorConfig

# What the file may cost in memory, in lengths of the file.
MOST = 1.5
CONFIG = GeneratorConfig(32, dict.fromkeys((4, 8, 16, 32), 512))  # 81 MB

# The kernel's own high-water mark, reset after everything is imported and warm.
READER = """
    import pathlib, sys
    import torch
    from dynode.stylegan2.checkpoints import read_checkpoint
    from dynode.stylegan2.generator import StyleGAN2

    def kilobytes(field):
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field))

    small, path, part = sys.argv[1:]
    read_checkpoint(small, part="all")
    StyleGAN2.load(small)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = kilobytes("VmRSS")
    if part == "network":
        loaded = StyleGAN2.load(path)
    else:
        checkpoint = read_checkpoint(path, part=part)
    print((kilobytes("VmHWM") - before) * 1024)
"""


def checkpoint_of(config: GeneratorConfig) -> Checkpoint:
    generator = torch.Generator().manual_seed(1)
    shapes = native_shapes(config)
    return Checkpoint(
        "dynode", config, {k: torch.rand(shape, generator=generator) for k, shape in shapes.items()}
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("memory")
    paths = {name: folder / name for name in ("dynode", "nvlabs", "rosinality", "small")}
    whole = checkpoint_of(CONFIG)
    for layout in ("dynode", "nvlabs", "rosinality"):
        write_checkpoint(whole, paths[layout], layout)
    write_checkpoint(checkpoint_of(GeneratorConfig(8, {4: 8, 8: 8})), paths["small"], "nvlabs")
    published = torch.load(paths["rosinality"], weights_only=True)
    state: dict[str, Tensor] = published["g_ema"]
    paths["legacy"] = folder / "legacy"
    torch.save(published, paths["legacy"], _use_new_zipfile_serialization=False)
    paths["encoder"] = folder / "encoder"
    content = {"state_dict": {f"decoder.{key}": value for key, value in state.items()}}
    torch.save(content | {"latent_avg": torch.zeros(8, 512)}, paths["encoder"])
    return paths


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("layout", ["dynode", "rosinality", "legacy", "encoder", "nvlabs"])
def test_peak_memory_stays_near_the_size_of_the_file(files: dict[str, Path], layout: str) -> None:
    size = files[layout].stat().st_size
    script = [sys.executable, "-c", textwrap.dedent(READER)]
    arguments = [str(files["small"]), str(files[layout]), "generator"]

    ran = subprocess.run([*script, *arguments], capture_output=True, text=True, check=True)

    ratio = int(ran.stdout) / size
    assert 0.8 < ratio < MOST, f"{ratio:.2f} times the file's {size:,} bytes"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("layout", ["dynode", "rosinality", "nvlabs"])
def test_a_loaded_generator_never_holds_its_weights_twice(
    files: dict[str, Path], layout: str
) -> None:
    size = files[layout].stat().st_size
    script = [sys.executable, "-c", textwrap.dedent(READER)]
    arguments = [str(files["small"]), str(files[layout]), "network"]

    ran = subprocess.run([*script, *arguments], capture_output=True, text=True, check=True)

    ratio = int(ran.stdout) / size
    assert 0.8 < ratio < MOST, f"{ratio:.2f} times the file's {size:,} bytes"


def test_half_a_file_is_read_for_half_of_it(files: dict[str, Path], tmp_path: Path) -> None:
    published = torch.load(files["rosinality"], weights_only=True)
    published["g"] = {key: value.clone() for key, value in published["g_ema"].items()}
    path = tmp_path / "training.pt"
    torch.save(published, path)
    size = path.stat().st_size
    script = [sys.executable, "-c", textwrap.dedent(READER)]

    ran = subprocess.run(
        [*script, str(files["small"]), str(path), "generator"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert read_checkpoint(path).metadata["weights"] == "g_ema"
    assert int(ran.stdout) < 0.75 * size
