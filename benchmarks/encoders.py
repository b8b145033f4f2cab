"""Published encoders, all rows: the largest difference from the outputs of the published code.

    python benchmarks/encoders.py [CASE …]

Each case's checkpoint is written in the published layout (with `opts` as a namespace), opened with
the public loader, and run. Needs up to 3 GB of memory and some seconds a case; results of cases that
are not named are kept. Writes `results/encoders.md` and `.json`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode import files
from dynode.generator.loading import load_generator
from dynode_encoders.identity import face_of, identity_loss, load_face_embedding
from dynode_encoders.reading import read_encoder
from dynode_encoders.refinement import average_image, iterations

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "tests" / "reference"
RESULTS = Path(__file__).parent / "results"
CASES = (
    "e4e-encoder",
    "e4e-encoder-256",
    "e4e-encoder-cars",
    "restyle-psp-encoder",
    "restyle-e4e-encoder",
    "restyle-resnet-encoder",
    "restyle-loop",
    "restyle-loop-cars",
    "arcface-irse50",
)


def main() -> None:
    """Run the named cases, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=CASES, metavar="CASE")
    kept = RESULTS / "encoders.json"
    document: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    for name in parser.parse_args().cases:
        document[name] = measured(name)
        with files.written(kept) as temporary:
            temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(name, document[name])
    lines = [
        "`python benchmarks/encoders.py` (CPU, float32): published checkpoints written from the reference "
        "cases,",
        "opened by the public loader, all rows.",
        "",
        "| case | output | largest difference | largest value | tolerance (absolute, relative) | within |",
        "|---|---|---:|---:|---|---|",
    ]
    for name in CASES:
        for output, figures in document.get(name, {}).items():
            lines.append(
                f"| {name} | {output} | {figures['difference']:.1e} | {figures['largest']:.2g} | "
                f"{figures['atol']:g}, {figures['rtol']:g} | {'yes' if figures['within'] else '**no**'} |"
            )
    with files.written(RESULTS / "encoders.md") as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measured(name: str) -> dict[str, Any]:
    """Run one case and compare every output."""
    spec = importlib.util.spec_from_file_location("reference_fill", REFERENCE / "fill.py")
    assert spec is not None and spec.loader is not None
    fill = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fill)
    case, states, inputs, outputs = fill.load_case(REFERENCE / name)
    tensors = {part: torch.from_numpy(value) for part, value in inputs.items()}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode(False), torch.no_grad():
        path = Path(folder) / "checkpoint.pt"
        _write(path, case, states)
        states.clear()
        found = _faces(path, tensors) if "arcface" in name else _codes(path, case, tensors, outputs)
    print(f"{name}: {time.perf_counter() - started:.1f} s")
    return {
        output: _compared(found[output], torch.from_numpy(value), case["tolerance"])
        for output, value in outputs.items()
    }


def _write(path: Path, case: dict[str, Any], states: dict[str, Any]) -> None:
    state = {key: torch.from_numpy(value) for key, value in states["state_dict"].items()}
    if "latent_avg" not in states:
        torch.save(state, path)
        return
    options = dict(case["config"]["opts"])
    if "192" in case["inputs"]["x"]:
        options["dataset_type"] = "cars_encode"
    mean = torch.from_numpy(states["latent_avg"]["latent_avg"])
    torch.save(
        {"state_dict": state, "latent_avg": mean, "opts": argparse.Namespace(**options)}, path
    )


def _codes(
    path: Path, case: dict[str, Any], inputs: dict[str, Tensor], outputs: dict[str, Any]
) -> dict[str, Tensor]:
    encoder = read_encoder(path)
    x = inputs["x"]
    if "images" in outputs:
        config = case["config"]
        generator = load_generator(path, device="cpu")
        turns = list(iterations(encoder, generator, x, count=config["opts"]["n_iters_per_batch"]))
        rows, columns = (slice(*part) for part in config["image_slice"])
        first_rows, first_columns = (slice(*part) for part in config["avg_image_slice"])
        return {
            "latents": torch.cat([turn.codes for turn in turns]),
            "images": torch.cat([turn.images[:, :, rows, columns] for turn in turns]),
            "avg_image": average_image(encoder, generator)[0, :, first_rows, first_columns],
        }
    codes = encoder.network(x)
    found = {"codes": codes, "delta": codes}
    found |= {"w": codes + encoder.latent_avg, "codes_first": codes + encoder.latent_avg}
    for output in outputs:
        if "stage" in output:
            found[output] = encoder.network(x, stage=int(output.split("stage")[1]))
    return found


def _faces(path: Path, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    embedding = load_face_embedding(path)
    images, targets = inputs["y_hat"], inputs["y"]
    return {
        "pooled_slice": face_of(images)[:, :, 40:56, 40:56],
        "embedding_y_hat": embedding.embed(images),
        "embedding_y": embedding.embed(targets),
        "loss": identity_loss(embedding, images, targets),
    }


def _compared(found: Tensor, expected: Tensor, tolerance: dict[str, float]) -> dict[str, Any]:
    difference = (found.reshape(expected.shape) - expected).abs()
    allowed = tolerance["atol"] + tolerance["rtol"] * expected.abs()
    return {
        "difference": float(difference.max()),
        "largest": float(expected.abs().max()),
        "within": bool((difference <= allowed).all()),
        **tolerance,
    }


if __name__ == "__main__":
    main()
