"""Leading eigenvectors of the Hessian of a distance in a layer's weight: published against ours.

    python benchmarks/navigan_hessian.py [CASE ...] [--output FOLDER]

Each case compares, in one run, with a reference in float64: the published power iteration as it was
published (float32, never normalised, 20 rounds a vector), and block Lanczos on the Gauss-Newton
product. Told are the share of the trace that the leading 16-dimensional space could capture, the
principal angles to it, the pictures that were drawn or differentiated (forwards, tangents and
backwards alike), and seconds. Finished cases are kept in `navigan-hessian.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import dynode
from dynode.distance import Distance, load_distance
from dynode.distance.distance import ResizedDistance
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator
from dynode_navigan.curvature import Curvature
from dynode_navigan.lanczos import leading_pairs
from dynode_navigan.published import ITERATIONS, FiniteDifferences, published_eigenvectors

COUNT = 16
SEED = 0
WIDTHS_256 = {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128}


@dataclass(frozen=True)
class Case:
    generator: str
    layer: str
    distance: str
    size_px: int
    samples: int
    reference: str  # columns: a dense matrix by products; rows: by the features; lanczos: converged


CASES = {
    "facets-torgb": Case("facets-128", "b128.torgb", "scorer", 0, 8, "columns"),
    "random256-torgb": Case("random-256", "b256.torgb", "scorer", 0, 2, "columns"),
    "facets-conv": Case("facets-128", "b128.conv1", "pixels", 16, 4, "rows"),
    "facets-middle": Case("facets-128", "b16.conv0", "scorer", 0, 2, "lanczos"),
}


def make_generator(name: str) -> StyleGAN2:
    if name == "random-256":
        return tiny_generator(256, w_dim=512, channels=WIDTHS_256, mapping_layers=8)
    generator = dynode.load_generator(name, device="cpu")
    assert isinstance(generator, StyleGAN2)
    return generator


def make_distance(case: Case, generator: StyleGAN2) -> Distance:
    scorer = "facets-scorer" if case.distance == "scorer" else ""
    found = load_distance(case.distance, generator, scorer=scorer)
    found = ResizedDistance(found, case.size_px) if case.size_px else found
    return found.to("cpu", generator.dtype)


def make_curvature(case: Case, generator: StyleGAN2) -> Curvature:
    latents = generator.sample(case.samples, seed=SEED, truncation=1.0)
    return Curvature(generator, latents, case.layer, make_distance(case, generator))


def reference_space(case: Case, curvature: Curvature) -> tuple[Tensor, Tensor]:
    """Return the leading values and vectors (16, size), in float64."""
    if case.reference == "lanczos":
        pairs = leading_pairs(
            curvature.product,
            curvature.size,
            COUNT,
            seed=SEED + 1,
            like=curvature.zero,
            tolerance=1e-3,
            most=100,
        )
        return pairs.values, pairs.vectors
    if case.reference == "columns":
        units = torch.eye(curvature.size, dtype=torch.float64)
        matrix = torch.stack([curvature.product(unit) for unit in units])
        values, vectors = torch.linalg.eigh((matrix + matrix.t()) / 2)
        return values.flip(0)[:COUNT], vectors.t().flip(0)[:COUNT]
    rows = torch.cat([_jacobian(*part) for part in feature_maps(curvature)])
    rows = rows * (2 / case.samples) ** 0.5
    values, inner = torch.linalg.eigh(rows @ rows.t())
    vectors = (inner.t().flip(0)[:COUNT] @ rows) / values.flip(0)[:COUNT, None].sqrt()
    return values.flip(0)[:COUNT], vectors


def feature_maps(curvature: Curvature) -> list[tuple[Tensor, Tensor]]:
    """Features of the pictures of every chunk with the weight they hang on."""
    found = []
    for render, _ in curvature._renders:
        weight = curvature.zero.clone().requires_grad_()
        found.append((curvature.distance.features(render(weight)), weight))
    return found


def _jacobian(features: Tensor, weight: Tensor) -> Tensor:
    flat = features.flatten()
    rows = [
        torch.autograd.grad(flat[index], weight, retain_graph=True)[0].flatten()
        for index in range(len(flat))
    ]
    return torch.stack(rows)


def measured(vectors: Tensor, values: Tensor, leading: Tensor, curvature: Curvature) -> dict:
    """Compare a space with the leading one, in float64."""
    space = torch.linalg.qr(vectors.double().flatten(1).t())[0].t()
    captured = sum(float(unit @ curvature.product(unit)) for unit in space)
    cosines = torch.linalg.svdvals(space @ leading.t()).clamp(max=1)
    angles = torch.rad2deg(torch.arccos(cosines))
    return {
        "trace": captured / float(values.sum()),
        "angle_largest": float(angles.max()),
        "angle_median": float(angles.median()),
    }


def timed(run: Callable[[], Tensor]) -> tuple[Tensor, float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    return found, time.perf_counter() - wall, time.process_time() - processor


def run_case(case: Case) -> dict:
    generator = make_generator(case.generator)
    exact = make_curvature(case, generator.to(dtype=torch.float64))
    (values, leading), *spent = timed(lambda: reference_space(case, exact))  # type: ignore[arg-type, return-value]
    results = {"reference": {"wall_s": spent[0], "cpu_s": spent[1], "values": values.tolist()}}
    curvature = make_curvature(case, generator)

    def ours() -> Tensor:
        pairs = leading_pairs(
            curvature.product, curvature.size, COUNT, seed=SEED, like=curvature.zero, tolerance=0.1
        )
        results["ours"] = {"products": pairs.products, "residuals": pairs.residuals.tolist()}
        return pairs.vectors

    found, *spent = timed(ours)
    renders = vars(curvature.renders) | {"renders": curvature.renders.total}
    results["ours"] |= {"wall_s": spent[0], "cpu_s": spent[1], **renders}
    results["ours"] |= measured(found, values, leading, exact)
    latents = generator.sample(case.samples, seed=SEED, truncation=1.0)
    hessian = FiniteDifferences(generator, latents, case.layer, make_distance(case, generator))
    found, *spent = timed(lambda: published_eigenvectors(hessian, COUNT, seed=SEED))
    renders = vars(hessian.renders) | {"renders": hessian.renders.total}
    results["published"] = {"wall_s": spent[0], "cpu_s": spent[1], **renders}
    results["published"] |= measured(found, values, leading, exact)
    return {"size": curvature.size, "samples": case.samples, **results}


def table(results: dict[str, dict]) -> str:
    lines = [
        "| generator, layer, distance | weights | method | trace captured | largest angle | median angle "
        "| renders a picture | CPU s |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    for name, result in results.items():
        case = CASES[name]
        size = f" at {case.size_px} px" if case.size_px else ""
        what = f"{case.generator}, {case.layer}, {case.distance}{size}"
        for method in ("published", "ours"):
            told = result[method]
            lines.append(
                f"| {what} | {result['size']} | {method} | {told['trace']:.2%} "
                f"| {told['angle_largest']:.1f}° | {told['angle_median']:.2f}° "
                f"| {told['renders'] / result['samples']:.0f} | {told['cpu_s']:.1f} |"
            )
    return "\n".join(lines)


ABOUT = """# Leading eigenvectors of the Hessian in a layer's weight

    {command}

16 vectors, seed {seed}, {machine}. The share of the trace is that of the best 16-dimensional space, and
the angles are the principal angles to it, both in float64: from the dense matrix for the toRGB layers and
`b128.conv1`, from a search converged to a relative residual of 1e-3 for `b16.conv0`, whose matrix has
590 000 rows. A render is one picture drawn, differentiated forwards or differentiated backwards. The
published iteration is run as published: float32, {rounds} rounds a vector, the vector never normalised;
its three passes a gradient include the unmoved picture it draws each time. Both methods draw from what
comes before the layer, computed once.

{table}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    chosen = parser.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=True)
    path = chosen.output / "navigan-hessian.json"
    done = json.loads(path.read_text()) if path.exists() else {}
    for name in chosen.cases:
        if name not in done:
            done[name] = run_case(CASES[name])
            path.write_text(json.dumps(done, indent=1) + "\n")
            print(name, {k: v for k, v in done[name].items() if k != "reference"}, flush=True)
    machine = f"2 CPU cores, one thread, torch {torch.__version__}"
    written = ABOUT.format(
        command="python benchmarks/navigan_hessian.py",
        seed=SEED,
        machine=machine,
        rounds=ITERATIONS,
        table=table({name: done[name] for name in CASES if name in done}),
    )
    path.with_suffix(".md").write_text(written)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
