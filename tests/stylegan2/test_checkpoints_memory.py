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

# One process imports everything and warms up; a child is split off it for each file, whose own
# high-water mark the kernel keeps. Importing torch anew for each would cost more than all of reading.
READERS = """
    import os, pathlib, sys
    import torch
    from dynode.stylegan2.checkpoints import read_checkpoint
    from dynode.stylegan2.generator import StyleGAN2

    def kilobytes(field):
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field))

    def grown(path, part):
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        before = kilobytes("VmRSS")
        if part == "network":
            loaded = StyleGAN2.load(path)
        else:
            checkpoint = read_checkpoint(path, part=part)
        return (kilobytes("VmHWM") - before) * 1024

    small, *asked = sys.argv[1:]
    read_checkpoint(small, part="all")
    StyleGAN2.load(small)
    for one in asked:
        if os.fork() == 0:
            print(grown(*one.rsplit(":", 1)), flush=True)
            os._exit(0)
        assert os.wait()[1] == 0, one
"""
NEEDS_LINUX = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc"
)


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
    published["g"] = {key: value.clone() for key, value in state.items()}
    paths["training"] = folder / "training.pt"
    torch.save(published, paths["training"])
    return paths


@pytest.fixture(scope="module")
def grown(files: dict[str, Path]) -> dict[tuple[str, str], int]:
    """By how many bytes a process grew when it read a part of a file."""
    asked = [(name, "generator") for name in files if name != "small"]
    asked += [(name, "network") for name in ("dynode", "rosinality", "nvlabs")]
    ran = subprocess.run(
        [
            *(sys.executable, "-c", textwrap.dedent(READERS), str(files["small"])),
            *(f"{files[name]}:{part}" for name, part in asked),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    sizes = [int(line) for line in ran.stdout.splitlines()]
    return dict(zip(asked, sizes, strict=True))


@NEEDS_LINUX
@pytest.mark.parametrize("layout", ["dynode", "rosinality", "legacy", "encoder", "nvlabs"])
def test_peak_memory_stays_near_the_size_of_the_file(
    files: dict[str, Path], grown: dict[tuple[str, str], int], layout: str
) -> None:
    size = files[layout].stat().st_size

    ratio = grown[layout, "generator"] / size

    assert 0.8 < ratio < MOST, f"{ratio:.2f} times the file's {size:,} bytes"


@NEEDS_LINUX
@pytest.mark.parametrize("layout", ["dynode", "rosinality", "nvlabs"])
def test_a_loaded_generator_never_holds_its_weights_twice(
    files: dict[str, Path], grown: dict[tuple[str, str], int], layout: str
) -> None:
    size = files[layout].stat().st_size

    ratio = grown[layout, "network"] / size

    # Two copies would be 2 and more; what drawing needs beside the weights is a third of this small file.
    assert 0.8 < ratio < 1.8, f"{ratio:.2f} times the file's {size:,} bytes"


@NEEDS_LINUX
def test_half_a_file_is_read_for_half_of_it(
    files: dict[str, Path], grown: dict[tuple[str, str], int]
) -> None:
    size = files["training"].stat().st_size

    assert read_checkpoint(files["training"]).metadata["weights"] == "g_ema"
    assert grown["training", "generator"] < 0.75 * size
