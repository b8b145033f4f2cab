"""How a generator computes: in which precision, and whether compiled."""

from __future__ import annotations

import os
import platform
import warnings
from typing import Literal, Protocol, get_args, runtime_checkable

import torch

from dynode.errors import OptionError
from dynode.generator.protocol import Generator

Precision = Literal["fp32", "tf32", "bf16", "fp16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
SIXTEEN_BITS: dict[str, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}
PRECISION_VARIABLE, COMPILE_VARIABLE = "DYNODE_PRECISION", "DYNODE_COMPILE"


@runtime_checkable
class DrawsInPrecisions(Protocol):
    """The optional capability of a generator to draw in 16 bits."""

    @property
    def precision(self) -> Precision:
        """What it draws in now."""
        ...

    def in_precision(self, precision: Precision) -> Generator:
        """Return it drawing in another precision; codes, styles and pictures keep their type."""
        ...


@runtime_checkable
class Compiles(Protocol):
    """The optional capability of a generator to draw through a compiled program."""

    def compiled(self) -> Generator:
        """Return it drawing pictures without gradients through `torch.compile`."""
        ...


def computing_as(
    generator: Generator, *, precision: str | None = None, compiled: bool | None = None
) -> Generator:
    """Return a generator that computes as is asked for.

    Args:
        generator: A loaded one.
        precision: `fp32`; `tf32`, convolutions and products of an NVIDIA card alone, a setting of the
            whole process, as `fp32` there is; `bf16` or `fp16`, the four highest blocks, as published.
            None takes DYNODE_PRECISION, else what the generator has: float32, convolutions of an NVIDIA
            card as torch is set, which is TF32.
        compiled: Draw through `torch.compile`; None takes DYNODE_COMPILE.

    Raises:
        OptionError: The generator or the device cannot.
    """
    asked = precision or os.environ.get(PRECISION_VARIABLE) or None
    if asked is not None:
        generator = _in_precision(generator, asked)
    if compiled is None:
        compiled = os.environ.get(COMPILE_VARIABLE, "") not in ("", "0")
    return _compiled(generator) if compiled else generator


def arithmetic(generator: Generator) -> str:
    """Name the type and precision that its pictures depend on, for keys of what is kept."""
    precision = generator.precision if isinstance(generator, DrawsInPrecisions) else "fp32"
    told = str(generator.dtype)
    return f"{told}, {precision}" if precision in SIXTEEN_BITS else told


def _in_precision(generator: Generator, precision: str) -> Generator:
    if precision not in PRECISIONS:
        raise OptionError(f"--precision is {precision!r}; choose {', '.join(PRECISIONS)}")
    name, on_card = generator.info.name, generator.device.type == "cuda"
    if precision == "tf32" and not on_card:
        raise OptionError(
            f"--precision tf32 is for NVIDIA cards, and {name} computes on {generator.device}; "
            f"choose {'bf16' if generator.device.type == 'cpu' else 'fp16'} or fp32"
        )
    if on_card:
        is_tf32 = precision == "tf32"
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = is_tf32
    if isinstance(generator, DrawsInPrecisions):
        if precision in SIXTEEN_BITS and generator.device.type == "cpu":
            _warn_of_emulation(precision)
        return generator.in_precision(precision)
    if precision in SIXTEEN_BITS:
        raise OptionError(
            f"--precision {precision} does not apply to {name}: a {type(generator).__name__} computes in "
            f"the type of its weights, {generator.dtype}; leave it out"
        )
    return generator


def _warn_of_emulation(precision: str) -> None:
    """Say so where the processor has no instructions for a type."""
    cpu, needs = torch.cpu, "AMX or AVX512-BF16"
    has = cpu._is_amx_tile_supported() or cpu._is_avx512_bf16_supported()
    if precision == "fp16":
        has, needs = cpu._is_amx_fp16_supported(), "AMX-FP16"
    if not has and platform.machine().lower() not in ("arm64", "aarch64"):
        warnings.warn(
            f"this processor has no {needs}: --precision {precision} is slower here than fp32, and less "
            f"exact",
            stacklevel=4,
        )


def _compiled(generator: Generator) -> Generator:
    name = generator.info.name
    if not isinstance(generator, Compiles):
        raise OptionError(
            f"--compile does not apply to {name}: a {type(generator).__name__} is drawn as it is; leave "
            f"it out"
        )
    missing = _missing_compiler(generator.device.type)
    if missing:
        raise OptionError(
            f"--compile needs {missing}, and there is none; install it or leave it out"
        )
    return generator.compiled()


def _missing_compiler(device: str) -> str:
    """Name what compiling for a device lacks here; empty for nothing."""
    if device == "cpu":
        from torch._inductor.cpp_builder import get_cpp_compiler
        from torch._inductor.exc import InvalidCxxCompiler

        try:
            get_cpp_compiler()
        except InvalidCxxCompiler:
            return "a C++ compiler (g++ or clang++, or its path in CXX)"
        return ""
    if device != "cuda":
        return f"a device it can compile for: cpu or cuda, not {device}"
    from torch.utils._triton import has_triton

    return "" if has_triton() else "Triton (pip install triton)"
