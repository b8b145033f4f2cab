"""`--precision` and `--compile`: one place for all commands; what cannot says so in a line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import dynode
from dynode.errors import OptionError
from dynode.generator import arithmetic, computing_as, redrawing, wrap_module
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.stylegan2 import StyleGAN2
from dynode.testing import run_command, tiny_generator, write_tiny_generator

SLOWER = "ignore:this processor has no:UserWarning"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_tiny_generator(tmp_path / "tiny.safetensors", tiny_generator(16, channels=8))


def module() -> Any:
    return wrap_module(nn.Sequential(nn.ConvTranspose2d(4, 3, 8)), input_shape=(4, 1, 1))


def without_compiler() -> None:
    from torch._inductor.exc import InvalidCxxCompiler

    raise InvalidCxxCompiler


@pytest.mark.parametrize(
    ("make", "asked", "message"),
    [
        (
            tiny_generator,
            {"precision": "tf32"},
            "tf32 is for NVIDIA cards, and tiny computes on cpu",
        ),
        (
            tiny_generator,
            {"precision": "int8"},
            "--precision is 'int8'; choose fp32, tf32, bf16, fp16",
        ),
        (module, {"precision": "bf16"}, "--precision bf16 does not apply to .*a ModuleGenerator"),
        (
            module,
            {"compiled": True},
            "--compile does not apply to .*a ModuleGenerator is drawn as it",
        ),
        (tiny_generator, {"compiled": True}, "needs a C\\+\\+ compiler .*leave it out"),
    ],
    ids=["tf32", "unknown", "module in bf16", "module compiled", "no compiler"],
)
def test_what_cannot_be_is_refused_in_a_line(
    make: Callable[[], Any], asked: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch._inductor.cpp_builder.get_cpp_compiler", without_compiler)

    with pytest.raises(OptionError, match=message) as told:
        computing_as(make(), **asked)

    assert "\n" not in str(told.value)


def test_a_generator_that_is_in_32_bits_anyway_takes_fp32() -> None:
    generator = module()

    assert computing_as(generator, precision="fp32") is generator


@pytest.mark.parametrize("supported", [False, True])
def test_emulated_types_are_said_to_be_slower(
    supported: bool, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: supported)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")

    computing_as(tiny_generator(8), precision="bf16")

    assert [bool(re.search("slower here than fp32", str(w.message))) for w in recwarn] == (
        [] if supported else [True]
    )


@pytest.mark.filterwarnings(SLOWER)
def test_what_is_kept_for_another_precision_is_not_taken() -> None:
    generator = tiny_generator(8)
    told = [arithmetic(computing_as(generator, precision=p)) for p in ("fp32", "bf16", "fp16")]

    assert told[0] == arithmetic(generator) == "torch.float32" and len(set(told)) == 3


@pytest.mark.filterwarnings(SLOWER)
def test_loading_takes_a_precision(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_argument = dynode.load_generator(file, device="cpu", precision="fp16")
    monkeypatch.setenv("DYNODE_PRECISION", "bf16")
    by_variable = dynode.load_generator(file, device="cpu")

    assert isinstance(by_argument, StyleGAN2) and isinstance(by_variable, StyleGAN2)
    assert (by_argument.precision, by_variable.precision) == ("fp16", "bf16")


@pytest.mark.filterwarnings(SLOWER)
@pytest.mark.installed_plugins
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_command_draws_in_a_precision_and_leaves_nothing_behind(
    file: Path, tmp_path: Path, precision: str
) -> None:
    def drawn(*how: str) -> np.ndarray:
        out = tmp_path / "out.png"
        arguments = ["generate", "--seeds", "0-3", "--generator", file, "-o", out, "--force"]
        done = run_command([*arguments, *how])
        assert done.exit_code == 0, done.stderr
        return np.asarray(Image.open(out).convert("RGB"), np.int16)

    plain, low = drawn(), drawn("--precision", precision)

    assert "DYNODE_PRECISION" not in os.environ
    # See tests/stylegan2/test_sixteen_bits.py: 12 roundings of bf16, in steps of one of 255.
    assert 0 < int(np.abs(plain - low).max()) <= 2 + 12 * 2.0**-9 * 128
    assert np.array_equal(plain, drawn())


@pytest.mark.installed_plugins
def test_a_command_refuses_what_the_generator_cannot(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"

    done = run_command(
        ["generate", "--seeds", "0", "--generator", file, "-o", out, "--precision", "tf32"]
    )

    assert (done.exit_code, out.exists()) == (2, False)
    assert done.stderr.count("\n") == 1 and "--precision tf32 is for NVIDIA cards" in done.stderr


class Recorded:
    """Stands in for `torch.compile`: counts calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, function: Callable[..., Any], **_: Any) -> Callable[..., Any]:
        def program(*given: Any, **named: Any) -> Any:
            self.calls += 1
            return function(*given, **named)

        return program


def test_what_is_differentiated_or_moved_in_its_weights_is_not_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded()
    monkeypatch.setattr(torch, "compile", recorded)
    generator = tiny_generator(8, channels=4).compiled()
    latents = generator.sample(1, seed=0)
    shape = generator.info.conv_layers["b8.conv0"]
    moved = latents.add_weights(WeightOffset("b8.conv0", torch.ones(1, *shape), torch.ones(1, 1)))

    generator.synthesize(moved)
    generator.synthesize(Latents(latents.w.clone().requires_grad_()))
    assert recorded.calls == 0

    generator.synthesize(latents)
    redrawing(generator).synthesize(latents)
    assert recorded.calls == 2
    assert generator.compiled() is generator


@pytest.mark.slow
@pytest.mark.timeout(600)  # the compiler takes a minute, or five on a busy machine
@pytest.mark.filterwarnings("ignore")  # of the compiler, about itself
def test_compiled_pictures_are_those_of_eager() -> None:
    plain = tiny_generator(8, channels=8)
    generator, latents = computing_as(plain, compiled=True), plain.sample(1, seed=1)

    with torch.inference_mode():
        found, expected = generator.synthesize(latents), plain.synthesize(latents)

    # The same sums in another order, in float32.
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
