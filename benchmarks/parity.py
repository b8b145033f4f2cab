"""Measure how far dynode's StyleGAN2 is from the published code and write docs/parity.md.

    python benchmarks/parity.py

Each case of tests/reference holds weights (by rule), inputs and the outputs that the published code
gave for them. The weights are written to a file in the published layout, the file is loaded the way
a user's would be, and every output is compared. The tests run the same comparisons.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from published_pickle import write_pickle
from torch import Tensor

from dynode.latents.latents import Latents
from dynode.stylegan2.generator import StyleGAN2
from dynode.stylegan2.loading import load_discriminator

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "tests" / "reference"
ROUNDED = {"atol": 1.0, "rtol": 0.0}  # 8-bit values may fall on the other side of an edge

Arrays = dict[str, np.ndarray]
Outputs = dict[str, Tensor]


class Case(NamedTuple):
    """A reference case as `fill.load_case` gives it."""

    about: dict[str, Any]
    states: dict[str, Arrays]
    inputs: Arrays
    outputs: Arrays


class Measured(NamedTuple):
    """How one output compares."""

    case: str
    output: str
    error: float  # largest absolute difference
    largest: float  # largest absolute value of the published output
    share: float  # largest difference in units of the allowed one; above 1 is a failure


def measure(name: str, folder: Path) -> list[Measured]:
    """Compare every output of a case; `folder` takes the checkpoint file."""
    case = _case(name)
    computed = COMPUTE[name](case, folder)
    missing = case.outputs.keys() - computed.keys()
    if missing:
        raise AssertionError(f"{name}: nothing computed for {sorted(missing)}")
    return [_compare(name, key, computed[key], case) for key in sorted(case.outputs)]


def outputs_of(name: str) -> list[str]:
    """Name the outputs of a case."""
    with np.load(REFERENCE / name / "outputs.npz") as outputs:
        return sorted(outputs)


@functools.lru_cache(maxsize=1)  # the tests compare each case twice, one after the other
def _case(name: str) -> Case:
    return Case(*_fill().load_case(REFERENCE / name))


def _compare(name: str, key: str, computed: Tensor, case: Case) -> Measured:
    wanted = case.outputs[key].astype(np.float64)
    found = computed.detach().numpy().astype(np.float64)
    if found.shape != wanted.shape:
        raise AssertionError(f"{name} {key}: shape {found.shape}, expected {wanted.shape}")
    limit = ROUNDED if key.endswith("uint8") else case.about["tolerance"]
    error = np.abs(found - wanted)
    share = (error / (limit["atol"] + limit["rtol"] * np.abs(wanted))).max()
    return Measured(name, key, float(error.max()), float(np.abs(wanted).max()), float(share))


def _fill() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("reference_fill", REFERENCE / "fill.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tensors(arrays: Arrays) -> dict[str, Tensor]:
    return {key: torch.from_numpy(value) for key, value in arrays.items()}


def rosinality_generator(case: Case, folder: Path) -> Outputs:
    content: dict[str, Any] = {"g_ema": _tensors(case.states["generator"])}
    if "checkpoint" in case.states:
        content["latent_avg"] = torch.from_numpy(case.states["checkpoint"]["latent_avg"])
    torch.save(content, folder / "generator.pt")
    generator = StyleGAN2.load(folder / "generator.pt")
    codes = generator.map(torch.from_numpy(case.inputs["z"]))
    if case.about["config"]["size"] == 1024:
        return _slices(codes.w[:, 0], generator.synthesize(codes))
    return _rosinality_outputs(case, generator, codes)


def _slices(w: Tensor, image: Tensor) -> Outputs:
    return {
        "w": w,
        "image_slice": image[..., 5::16, 3::16],
        "image_corner": image[..., :8, :8],
        "image_far_corner": image[..., -8:, -8:],
        "image_mean": image.mean((2, 3)),
        "image_std": image.std((2, 3), unbiased=False),
    }


def _rosinality_outputs(case: Case, generator: StyleGAN2, codes: Latents) -> Outputs:
    config = case.about["config"]
    given = Latents(torch.from_numpy(case.inputs["w_plus"]))
    z = torch.from_numpy(case.inputs["z"][:1])
    truncated = generator.map(z, truncation=config["truncation"])
    styles = generator.styles(given)
    edit = config["style_edit"]
    layer = list(styles)[edit["layer"]]
    offset = torch.zeros_like(styles[layer][:1])
    offset[0, edit["channel"]] = edit["delta"]
    images = {
        "image_z": generator.synthesize(codes),
        "image_w_plus": generator.synthesize(given),
        "image_truncated": generator.synthesize(truncated),
        "image_mixed": generator.synthesize(
            generator.mix(codes[0], codes[1], config["inject_index"])
        ),
        "image_style_edit": generator.synthesize(given[0].add_styles({layer: offset})),
    }
    statistics = {f"{key}_mean": image.mean((2, 3)) for key, image in images.items()}
    statistics |= {f"{key}_std": image.std((2, 3), unbiased=False) for key, image in images.items()}
    read = {f"style_{index:02d}": style for index, style in enumerate(styles.values())}
    rows = {"w": codes.w[:, 0], "w_truncated": truncated.w[:, 0]}
    return {**images, **statistics, **read, **rows}


def rosinality_discriminator(case: Case, folder: Path) -> Outputs:
    torch.save({"d": _tensors(case.states["discriminator"])}, folder / "discriminator.pt")
    judge = load_discriminator(folder / "discriminator.pt")
    images = torch.from_numpy(case.inputs["image"])
    step = case.about["config"]["feature_step"]
    return {
        "logits": judge(images),
        "logits_single": torch.cat([judge(images[:1]), judge(images[1:2])]),
        "features": judge.features(images[:2])[:, ::step],
    }


def nvlabs_generator(case: Case, folder: Path) -> Outputs:
    config, kwargs = case.about["config"], case.about["config"]["init_kwargs"]
    state = case.states["generator"]
    write_pickle(folder / "generator.pkl", "G_ema", "Generator", state, kwargs)
    generator = StyleGAN2.load(folder / "generator.pkl")
    small = {**kwargs["synthesis_kwargs"], "conv_clamp": config["small_conv_clamp"]}
    clamped_kwargs = {**kwargs, "synthesis_kwargs": small}
    write_pickle(folder / "clamped.pkl", "G_ema", "Generator", state, clamped_kwargs)
    clamped = StyleGAN2.load(folder / "clamped.pkl")
    z = torch.from_numpy(case.inputs["z"])
    c = torch.from_numpy(case.inputs["c"]) if "c" in case.inputs else None
    one = None if c is None else c[:1]
    psi, cutoff = config["truncation_psi"], config["truncation_cutoff"]
    codes = generator.map(z, c=c)
    partly = generator.map(z[:1], c=one, truncation=psi, cutoff=cutoff)
    truncated = generator.synthesize(generator.map(z[:1], c=one, truncation=psi))
    rounded = (truncated * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    return {
        "w": codes.w[:, 0],
        "image": generator.synthesize(codes),
        "image_truncated": truncated,
        "w_cutoff": partly.w,
        "image_cutoff": generator.synthesize(partly),
        "image_w_plus": generator.synthesize(Latents(torch.from_numpy(case.inputs["w_plus"]))),
        "image_no_noise": generator.synthesize(codes[0], noise="none"),
        "image_small_clamp": clamped.synthesize(codes[0]),
        "image_uint8": rounded.permute(0, 2, 3, 1),
    }


def nvlabs_discriminator(case: Case, folder: Path) -> Outputs:
    kwargs, state = case.about["config"]["init_kwargs"], case.states["discriminator"]
    write_pickle(folder / "discriminator.pkl", "D", "Discriminator", state, kwargs)
    judge = load_discriminator(folder / "discriminator.pkl")
    images, c = (torch.from_numpy(case.inputs[key]) for key in ("image", "c"))
    return {
        "logits": judge(images, c),
        "logits_single": torch.cat([judge(images[:1], c[:1]), judge(images[1:2], c[1:2])]),
        "cmap": judge.mapping(None, c),
    }


COMPUTE: dict[str, Callable[[Case, Path], Outputs]] = {
    "rosinality-generator-64": rosinality_generator,
    "rosinality-generator-1024-slice": rosinality_generator,
    "rosinality-discriminator-64": rosinality_discriminator,
    "nvlabs-generator-64": nvlabs_generator,
    "nvlabs-generator-cond-32": nvlabs_generator,
    "nvlabs-discriminator-cond-32": nvlabs_discriminator,
}


def table(rows: list[Measured]) -> str:
    """Make the text of docs/parity.md."""
    lines = [
        "# Parity with the published code",
        "",
        "Largest absolute differences between dynode's StyleGAN2 and the outputs of the published",
        "PyTorch code (the sources and their revisions are named in each `case.json` of",
        "`tests/reference`). The weights reach dynode through a file in the published layout and the",
        "public loader. *Share* is the difference in units of what the case allows",
        "(`atol + rtol * |value|`); the published code in float32 has about a tenth of that against",
        "itself in float64. The tests fail above 1.",
        "",
        "Written by `python benchmarks/parity.py`; do not edit.",
    ]
    for name in dict.fromkeys(row.case for row in rows):
        lines += ["", f"## {name}", "", "| output | largest value | error | share |"]
        lines += ["| --- | ---: | ---: | ---: |"]
        lines += [
            f"| {row.output} | {row.largest:.3g} | {row.error:.1e} | {row.share:.2f} |"
            for row in rows
            if row.case == name
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "parity.md")
    target = parser.parse_args().output
    rows = []
    for name in COMPUTE:
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            rows += measure(name, Path(folder))
    target.write_text(table(rows))
    print(f"{target}: {len(rows)} outputs, largest share {max(row.share for row in rows):.2f}")


if __name__ == "__main__":
    main()
