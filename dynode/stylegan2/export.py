"""StyleGAN2 as a program for other runtimes: ONNX, or a file of `torch.export`."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from dynode import files
from dynode.errors import OptionError, UsageError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.stylegan2.blocks import LayerInputs
from dynode.stylegan2.generator import StyleGAN2
from dynode.stylegan2.noise import resolve_noise

ProgramInput = Literal["z", "w", "w+", "styles"]
ProgramFormat = Literal["onnx", "pt2"]


class Drawing(nn.Module):
    """One call from an input to pictures (n, 3, h, w), noise `const`.

    Args:
        generator: What draws.
        takes: `z` (n, z_dim), with labels (n, c_dim) behind it for a conditional generator; `w`
            (n, w_dim); `w+` (n, num_layers, w_dim); or `styles`, one (n, channels) a layer in
            execution order.
        truncation: Of z only: 1 none, 0 the mean code.
    """

    def __init__(
        self, generator: StyleGAN2, takes: ProgramInput, *, truncation: float = 1.0
    ) -> None:
        super().__init__()
        self.network = generator.network
        self.generator = generator
        self.takes = takes
        self.truncation = truncation

    def forward(self, *given: Tensor) -> Tensor:
        """Draw; see the class for what is given."""
        if self.takes == "styles":
            return self._draw_styles(given)
        if self.takes == "z":
            z, label = (*given, None)[:2]
            assert z is not None
            codes = self.generator.map(z, c=label, truncation=self.truncation).w
        else:
            (codes,) = given
            if self.takes == "w":
                codes = codes[:, None].expand(-1, self.network.config.num_layers, -1)
        return self.generator.synthesize(Latents(codes))

    def _draw_styles(self, styles: tuple[Tensor, ...]) -> Tensor:
        synthesis = self.network.synthesis
        named = dict(zip(synthesis.rows, styles, strict=True))
        resolution = self.network.config.resolutions[-1]
        noise = resolve_noise(synthesis, "const", styles[0].shape[0], resolution)
        drawn: Tensor = synthesis(LayerInputs(named, {}, noise))
        return drawn

    def names(self) -> list[str]:
        """Name the inputs, in order."""
        if self.takes == "styles":
            return [name.replace(".", "_") for name in self.network.synthesis.rows]
        has_label = self.takes == "z" and self.network.config.c_dim > 0
        return [self.takes.replace("+", "_plus"), *(["label"] if has_label else [])]

    def example(self) -> tuple[Tensor, ...]:
        """Make inputs of two pictures."""
        codes = self.generator.sample(2, seed=0)
        config = self.network.config
        match self.takes:
            case "z":
                z = torch.randn(2, config.z_dim, generator=torch.Generator().manual_seed(0))
                label = (torch.eye(config.c_dim)[[0, 0]],) if config.c_dim else ()
                return (z.to(codes.w), *(part.to(codes.w) for part in label))
            case "w":
                return (codes.w[:, 0].clone(),)
            case "w+":
                return (codes.w.clone(),)
            case _:
                return tuple(part.clone() for part in self.generator.styles(codes).values())


@dataclass(frozen=True)
class ExportedProgram:
    """What was written.

    Attributes:
        path: The file.
        format: `onnx` or `pt2`.
        inputs: Names and shapes; `n` is the batch, any number.
        output: Name and shape.
    """

    path: Path
    format: str
    inputs: tuple[tuple[str, tuple[int | str, ...]], ...]
    output: tuple[str, tuple[int | str, ...]]


@torch.no_grad()
def export_generator(
    generator: Generator,
    path: str | Path,
    *,
    format: ProgramFormat | None = None,
    takes: ProgramInput = "w+",
    truncation: float = 1.0,
    force: bool = False,
) -> ExportedProgram:
    """Write a generator as a program that needs no dynode to run.

    Args:
        generator: A StyleGAN2; it is exported on its device and in its type.
        path: File to write.
        format: `onnx` for ONNX Runtime, OpenVINO and the like, `pt2` for `torch.export.load`; None
            goes by the suffix.
        takes: What the program takes; see `Drawing`.
        truncation: Of z only.
        force: Overwrite.

    Returns:
        What was written; the batch is dynamic.

    Raises:
        OptionError: The suffix tells no format, or a truncation is given without z.
        UsageError: It is no StyleGAN2, or packages that write ONNX are missing.
        OutputExistsError: The file exists.
    """
    target = Path(path)
    chosen = format or target.suffix.lower().lstrip(".")
    if chosen not in get_args(ProgramFormat):
        raise OptionError(
            f"the suffix of {target.name} tells no format; use .onnx or .pt2, or --format"
        )
    if truncation != 1.0 and takes != "z":
        raise OptionError(f"--truncation is for --input z; {takes} is drawn as it is given")
    if not isinstance(generator, StyleGAN2):
        raise UsageError(
            f"{type(generator).__name__} cannot be exported; expected a StyleGAN2 checkpoint"
        )
    if chosen == "onnx":
        _check_onnx()
    files.check_free(target, force=force)
    drawing = Drawing(generator, takes, truncation=truncation).eval()
    with _traceable(drawing), files.written(target) as temporary:
        if chosen == "onnx":
            _write_onnx(drawing, temporary)
        else:
            _write_pt2(drawing, temporary)
    shapes = tuple(("n", *part.shape[1:]) for part in drawing.example())
    inputs = tuple(zip(drawing.names(), shapes, strict=True))
    height, width = generator.info.resolution
    picture = ("n", generator.network.config.image_channels, height, width)
    return ExportedProgram(target, chosen, inputs, ("image", picture))


def _check_onnx() -> None:
    missing = [name for name in ("onnx", "onnxscript") if not importlib.util.find_spec(name)]
    if missing:
        raise UsageError(
            f"writing ONNX needs {' and '.join(missing)}; install them with "
            f"'pip install \"dynode-gan[export]\"', or write .pt2, which needs nothing more"
        )


@contextlib.contextmanager
def _traceable(drawing: Drawing) -> Iterator[None]:
    """Draw whole blocks meanwhile: strips depend on the processor's cache, not on the network."""
    synthesis = drawing.network.synthesis
    before, synthesis.in_strips = synthesis.in_strips, False
    try:
        yield
    finally:
        synthesis.in_strips = before


def _batched(given: tuple[Tensor, ...]) -> dict[str, tuple[dict[int, torch.export.Dim], ...]]:
    batch = torch.export.Dim("n", min=1)
    return {"given": tuple({0: batch} for _ in given)}


def _write_pt2(drawing: Drawing, path: Path) -> None:
    given = drawing.example()
    program = torch.export.export(drawing, given, dynamic_shapes=_batched(given))
    with warnings.catch_warnings(), path.open("wb") as stream:
        warnings.simplefilter("ignore")  # of torch.export, about how it stores weights
        torch.export.save(program, stream)


def _write_onnx(drawing: Drawing, path: Path) -> None:
    given = drawing.example()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # of the exporter, about itself
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            drawing,
            given,
            dynamo=True,
            input_names=drawing.names(),
            output_names=["image"],
            dynamic_shapes=_batched(given),
        )
    assert program is not None
    program.save(str(path), include_initializers=True, external_data=False)
