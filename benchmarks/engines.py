"""What can draw the pictures of one StyleGAN2 on a CPU: dynode and what one would pick instead.

Each takes the same codes w+ (n, rows, 512) and draws with the stored noise in float32. Runtimes that
are not installed raise `Absent` with the line to print.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

Draw = Callable[[np.ndarray], np.ndarray]


class Absent(Exception):
    """The engine cannot run here; the text says why."""


def load(program: Path):  # type: ignore[no-untyped-def]  # torch is imported where it is needed
    """Load the generator whose program is `program`, its weights frozen."""
    import torch

    from dynode.stylegan2 import StyleGAN2

    torch.set_num_threads(1)
    generator = StyleGAN2.load(program.with_suffix(".safetensors"))
    generator.network.requires_grad_(False)
    return generator


def eager(program: Path, batch: int) -> Draw:
    """Draw with what a user gets from `generator.synthesize`."""
    import torch

    from dynode.latents import Latents

    generator = load(program)
    return lambda w: generator.synthesize(Latents(torch.from_numpy(w))).numpy()


def compiled(program: Path, batch: int) -> Draw:
    """Draw with `torch.compile` of the same call, whole blocks, one graph or an error."""
    import torch
    from torch.utils.cpp_extension import get_cxx_compiler

    from dynode.stylegan2.export import Drawing

    if not importlib.util.find_spec("torch._inductor") or not _has(get_cxx_compiler()):
        raise Absent("torch.compile needs a C++ compiler: none was found")
    generator = load(program)
    generator.network.synthesis.in_strips = False
    draw = torch.compile(Drawing(generator, "w+"), fullgraph=True, dynamic=False)
    return lambda w: draw(torch.from_numpy(w)).numpy()


def published(program: Path, batch: int) -> Draw:
    """Draw with per-sample weights, grouped convolutions and 2-D filters (`published.py`)."""
    import published as formulation
    import torch

    synthesis = load(program).network.synthesis
    return lambda w: formulation.synthesize(synthesis, torch.from_numpy(w)).numpy()


def onnxruntime(program: Path, batch: int) -> Draw:
    """Draw the exported program with ONNX Runtime."""
    if not importlib.util.find_spec("onnxruntime"):
        raise Absent("ONNX Runtime is absent: pip install onnxruntime")
    import onnxruntime as runtime

    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("n", batch)
    session = runtime.InferenceSession(str(program), options, providers=["CPUExecutionProvider"])
    return lambda w: session.run(None, {"w_plus": w})[0]


def openvino(program: Path, batch: int) -> Draw:
    """Draw the exported program with OpenVINO, in float32 as the others."""
    if not importlib.util.find_spec("openvino"):
        raise Absent("OpenVINO is absent: pip install openvino")
    import openvino as runtime

    core = runtime.Core()
    model = core.read_model(program)
    shape = model.input(0).partial_shape
    model.reshape([batch, shape[1].get_length(), shape[2].get_length()])
    told = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    draw = core.compile_model(model, "CPU", told)
    return lambda w: draw([w])[0]


def _has(command: str) -> bool:
    import shutil

    return shutil.which(command) is not None


ENGINES: dict[str, Callable[[Path, int], Draw]] = {
    "eager": eager,
    "compiled": compiled,
    "ONNX Runtime": onnxruntime,
    "OpenVINO": openvino,
    "published": published,
}
