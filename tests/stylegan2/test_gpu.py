"""On a CUDA device: the pictures of the CPU, in every type, without a wait. Skipped where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dynode.latents import Latents
from dynode.stylegan2 import StyleGAN2
from dynode.testing import run_command, tiny_generator, write_tiny_generator

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def pictures(generator: StyleGAN2, codes: torch.Tensor) -> torch.Tensor:
    w = codes.to(generator.device, generator.dtype)
    with torch.no_grad():
        return generator.synthesize(Latents(w)).float().cpu()


@pytest.mark.parametrize(
    ("dtype", "allowed"),
    # float32 sums in another order; half types round every layer to 11 and 8 bits.
    [(torch.float32, 1e-3), (torch.float16, 5e-2), (torch.bfloat16, 2e-1)],
    ids=["float32", "float16", "bfloat16"],
)
def test_pictures_are_those_of_the_cpu(dtype: torch.dtype, allowed: float) -> None:
    here = tiny_generator(16)
    codes = here.sample(3, seed=0).w
    there = here.to("cuda:0", dtype)
    assert isinstance(there, StyleGAN2)

    torch.testing.assert_close(pictures(there, codes), pictures(here, codes), atol=allowed, rtol=0)


def test_drawing_waits_for_nothing() -> None:
    generator = tiny_generator(16).to("cuda:0")
    latents = generator.sample(1, seed=0)
    generator.synthesize(latents)
    torch.cuda.set_sync_debug_mode("error")
    try:
        generator.synthesize(latents)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_codes_of_a_seed_are_those_of_the_cpu() -> None:
    here = tiny_generator(16)
    there = here.to("cuda:0")

    # Products in another order.
    torch.testing.assert_close(
        there.sample(2, seed=5).w.cpu(), here.sample(2, seed=5).w, atol=1e-4, rtol=1e-4
    )


@pytest.mark.installed_plugins
def test_a_command_runs_there(tmp_path: Path) -> None:
    generator = write_tiny_generator(tmp_path / "tiny.safetensors")
    out = tmp_path / "edited.png"
    where = ["--generator", generator, "--device", "cuda:0", "-o", out]

    done = run_command(["edit", "--plugin", "sefa", *where])

    assert done.exit_code == 0, done.stderr
    assert out.exists()
