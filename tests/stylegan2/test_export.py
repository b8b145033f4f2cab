"""Generators as programs of other runtimes draw what dynode draws, and compilers get whole graphs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

import dynode
from dynode.errors import OptionError, UsageError
from dynode.stylegan2.export import Drawing, ProgramInput, export_generator
from dynode.testing import tiny_generator

# The bound; both sides sum a few hundred float32 terms in another order.
PARITY = 1e-4


def given_for(generator: dynode.StyleGAN2, takes: str, count: int) -> tuple[Tensor, ...]:
    latents = generator.sample(count, seed=3, truncation=1.0)
    if takes == "z":
        z = torch.randn(count, generator.info.z_dim, generator=torch.Generator().manual_seed(4))
        classes = generator.info.c_dim
        return (z, torch.eye(classes)[torch.arange(count) % classes]) if classes else (z,)
    if takes == "w":
        return (latents.w[:, 0],)
    return (latents.w,) if takes == "w+" else tuple(generator.styles(latents).values())


def run_pt2(path: Path, given: Sequence[Tensor]) -> Tensor:
    drawn: Tensor = torch.export.load(path).module()(*given)
    return drawn


def run_onnx(path: Path, given: Sequence[Tensor]) -> Tensor:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path))
    named = {p.name: x.numpy() for p, x in zip(session.get_inputs(), given, strict=True)}
    return torch.from_numpy(session.run(None, named)[0])


@pytest.mark.parametrize(
    ("takes", "classes", "suffix", "run"),
    [
        ("z", 0, "pt2", run_pt2),
        pytest.param("styles", 0, "pt2", run_pt2, marks=pytest.mark.slow),
        ("z", 3, "onnx", run_onnx),
        pytest.param("z", 3, "pt2", run_pt2, marks=pytest.mark.slow),
        pytest.param("w", 0, "pt2", run_pt2, marks=pytest.mark.slow),
        pytest.param("w+", 0, "pt2", run_pt2, marks=pytest.mark.slow),
        pytest.param("styles", 0, "onnx", run_onnx, marks=pytest.mark.slow),
    ],
)
@pytest.mark.filterwarnings("ignore")  # the exporters warn about themselves
def test_a_program_draws_what_the_generator_draws(
    takes: ProgramInput, suffix: str, run: object, classes: int, tmp_path: Path
) -> None:
    if suffix == "onnx":
        pytest.importorskip("onnxscript")
    generator = tiny_generator(8, c_dim=classes)
    given = given_for(generator, takes, count=3)  # the example it was traced with has two

    export_generator(generator, tmp_path / f"g.{suffix}", takes=takes)

    drawn = run(tmp_path / f"g.{suffix}", given)  # type: ignore[operator]
    with torch.no_grad():
        wanted = Drawing(generator, takes)(*given)
    assert float((drawn - wanted).abs().max()) <= PARITY


@pytest.mark.parametrize("takes", get_args(ProgramInput))
def test_what_is_exported_draws_the_pictures_of_the_codes(takes: ProgramInput) -> None:
    generator = tiny_generator(8)
    latents = generator.sample(2, seed=3, truncation=1.0)

    with torch.no_grad():
        drawn = Drawing(generator, takes)(*given_for(generator, takes, count=2))

    if takes == "z":
        (z,) = given_for(generator, "z", count=2)
        latents = generator.map(z)
    torch.testing.assert_close(drawn, generator.synthesize(latents), atol=PARITY, rtol=0)


def test_truncation_goes_into_the_program(tmp_path: Path) -> None:
    generator = tiny_generator(8)
    (z,) = given_for(generator, "z", count=2)

    export_generator(generator, tmp_path / "g.pt2", takes="z", truncation=0.5)

    wanted = generator.synthesize(generator.map(z, truncation=0.5))
    torch.testing.assert_close(run_pt2(tmp_path / "g.pt2", (z,)), wanted, atol=PARITY, rtol=0)


def test_what_cannot_be_exported_is_refused_in_one_line(tmp_path: Path) -> None:
    generator = tiny_generator(8)

    with pytest.raises(OptionError, match=r"g\.zip tells no format; use \.onnx or \.pt2"):
        export_generator(generator, tmp_path / "g.zip")
    with pytest.raises(OptionError, match="truncation is for --input z"):
        export_generator(generator, tmp_path / "g.pt2", takes="w", truncation=0.5)
    with pytest.raises(UsageError, match="object cannot be exported; expected a StyleGAN2"):
        export_generator(object(), tmp_path / "g.pt2")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


class _Edited(nn.Module):
    """Draws codes with offsets of styles and weights riding on them."""

    def __init__(self, generator: dynode.StyleGAN2, latents: dynode.Latents) -> None:
        super().__init__()
        self.network, self.generator, self.latents = generator.network, generator, latents

    def forward(self, w: Tensor) -> Tensor:
        return self.generator.synthesize(self.latents.with_w(w))


def plain(generator: dynode.StyleGAN2) -> dynode.Latents:
    return generator.sample(2, seed=0)


def moved_styles(generator: dynode.StyleGAN2) -> dynode.Latents:
    width = generator.info.style_channels["b8.conv1"]
    return generator.sample(2, seed=0).add_styles({"b8.conv1": torch.ones(2, width)})


def moved_weights(generator: dynode.StyleGAN2) -> dynode.Latents:
    shape = generator.info.conv_layers["b8.conv1"]
    offset = dynode.WeightOffset("b8.conv1", torch.ones(1, *shape) * 0.1, torch.ones(2, 1))
    return generator.sample(2, seed=0).add_weights(offset)


@pytest.mark.parametrize("make", [plain, moved_styles, moved_weights])
def test_a_compiler_gets_one_whole_graph(make: object) -> None:
    generator = tiny_generator(8)
    latents = make(generator)  # type: ignore[operator]
    edited = _Edited(generator, latents)
    torch._dynamo.reset()

    with torch.no_grad():
        told = torch._dynamo.explain(edited)(latents.w)

    assert told.graph_break_count == 0, told.break_reasons
