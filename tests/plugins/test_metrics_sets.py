"""Figures of sets of features against published cases, torch-fidelity and closed forms."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode import Setting
from dynode.errors import MissingWeightsError, OptionError
from dynode.options import build_options
from dynode_metrics import clips, pictures
from dynode_metrics.frechet import FrechetMeasurement, Moments, frechet_distance
from dynode_metrics.inception_score import inception_score
from dynode_metrics.kernels import kernel_distance, polynomial_mmd
from dynode_metrics.manifold import ManifoldMeasurement

REFERENCE = Path(__file__).parents[1] / "reference"


def case(name: str) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]:
    told = json.loads((REFERENCE / name / "case.json").read_text())
    inputs, outputs = (
        {key: torch.from_numpy(np.asarray(part)) for key, part in np.load(file).items()}
        for file in (REFERENCE / name / "inputs.npz", REFERENCE / name / "outputs.npz")
    )
    return told["tolerance"], inputs, outputs


def moments(rows: Tensor, batch: int = 64) -> Moments:
    found = Moments()
    for part in rows.split(batch):
        found.add(part)
    return found


def distance(a: Tensor, b: Tensor, convention: Any = "population") -> float:
    sides = [s for m in (moments(a), moments(b)) for s in (m.mean, m.covariance(convention))]
    return frechet_distance(*sides)


@pytest.mark.parametrize(
    ("figure", "sides"),
    [
        ("distance", ("generated", "real")),
        ("distance_few", ("generated_few", "real_few")),
        ("distance_same", ("real", "real")),
    ],
)
def test_the_frechet_distance_is_the_published_one(figure: str, sides: tuple[str, str]) -> None:
    tolerance, inputs, outputs = case("frechet-distance")

    found = distance(inputs[sides[0]], inputs[sides[1]])

    allowed = tolerance["per_output"][figure]
    assert found == pytest.approx(
        float(outputs[figure]), abs=allowed["atol"], rel=max(allowed["rtol"], 1e-12)
    )


def test_the_moments_are_the_published_ones_in_batches_of_any_size() -> None:
    tolerance, inputs, outputs = case("frechet-distance")
    allowed = tolerance["per_output"]["cov_real"]

    for batch in (1, 7, 200):
        found = moments(inputs["real"], batch)
        torch.testing.assert_close(
            found.mean, outputs["mean_real"].double(), atol=allowed["atol"], rtol=allowed["rtol"]
        )
        torch.testing.assert_close(
            found.covariance(), outputs["cov_real"].double(), atol=1e-6, rtol=1e-6
        )


def test_the_frechet_distance_equals_that_of_torch_fidelity_on_the_same_features() -> None:
    fidelity = pytest.importorskip("torch_fidelity.metric_fid")
    random = torch.Generator().manual_seed(1)
    a = torch.randn(150, 24, generator=random) * 1.3 + 0.2
    b = torch.randn(220, 24, generator=random)

    theirs = fidelity.fid_statistics_to_metric(
        fidelity.fid_features_to_statistics(a.double()),
        fidelity.fid_features_to_statistics(b.double()),
        False,
    )

    # Sums of 24 roots of eigenvalues in float64, theirs of a Schur decomposition.
    wanted = theirs["frechet_inception_distance"]
    assert distance(a, b, "sample") == pytest.approx(wanted, rel=1e-8)


def test_the_frechet_distance_of_gaussians_is_its_closed_form() -> None:
    scales = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)
    shift = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    rotation = torch.linalg.qr(torch.arange(9.0).reshape(3, 3).double().sin())[0]
    cov_a = rotation @ torch.diag(scales.square()) @ rotation.T
    cov_b = rotation @ torch.diag((2 * scales).square()) @ rotation.T

    found = frechet_distance(torch.zeros(3).double(), cov_a, shift, cov_b)

    # Covariances that commute: |shift|² + Σ (σa − σb)²; float64 rounding.
    wanted = float(shift.square().sum() + scales.square().sum())
    assert found == pytest.approx(wanted, rel=1e-12)


def test_too_few_items_for_the_covariance_are_told() -> None:
    measuring = FrechetMeasurement(lambda items: items, {}, "", name="fid")
    measuring.update(torch.randn(5, 24), None)
    measuring.update(None, torch.randn(9, 24))

    with pytest.warns(UserWarning, match="5 items for 24 features"):
        measuring.compute()


def test_the_kernel_distance_is_the_published_one() -> None:
    tolerance, inputs, outputs = case("kernel-distance")

    mean, _ = kernel_distance(inputs["generated"], inputs["real"], subsets=7)

    wanted = float(outputs["distance"])
    assert 1000 * mean == pytest.approx(wanted, abs=tolerance["atol"], rel=tolerance["rtol"])


def test_the_kernel_distance_equals_that_of_torch_fidelity_on_the_same_features() -> None:
    fidelity = pytest.importorskip("torch_fidelity.metric_kid")
    random = torch.Generator().manual_seed(2)
    a = torch.randn(90, 24, generator=random) + 0.3
    b = torch.randn(120, 24, generator=random)

    theirs = fidelity.kid_features_to_metric(
        a.double(), b.double(), kid_subsets=11, kid_subset_size=50, rng_seed=2020, verbose=False
    )
    mean, deviation = kernel_distance(a, b, subsets=11, size=50, seed=2020)

    # The same subsets, summed in float64 in another order.
    assert mean == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-9)
    assert deviation == pytest.approx(theirs["kernel_inception_distance_std"], rel=1e-9)


@pytest.mark.parametrize(("degree", "offset"), [(3, 1.0), (2, 0.0)])
def test_the_mmd_of_two_point_distributions_is_its_closed_form(degree: int, offset: float) -> None:
    x, y = torch.tensor([1.0, 2.0, 0.0, -1.0]), torch.tensor([0.5, -1.0, 2.0, 1.0])

    found = polynomial_mmd(
        x.expand(6, -1), y.expand(9, -1), degree=degree, offset=offset
    )  # k(x, x) + k(y, y) - 2 k(x, y), whatever the numbers

    def kernel(p: Tensor, q: Tensor) -> float:
        return float((p.double() @ q.double() / 4 + offset) ** degree)

    assert found == pytest.approx(kernel(x, x) + kernel(y, y) - 2 * kernel(x, y), rel=1e-12)


def test_the_square_mmd_of_gaussians_nears_its_closed_form() -> None:
    """(x·y/d)² compares second moments: of N(0, s²) and N(0, t²) it is (s² − t²)² / d."""
    random = torch.Generator().manual_seed(3)
    a, b = torch.randn(3000, 8, generator=random), 2 * torch.randn(3000, 8, generator=random)

    found = polynomial_mmd(a, b, degree=2, offset=0.0)

    # Its standard deviation over draws is 0.03 (measured over 50 seeds); five of them.
    assert found == pytest.approx((1 - 4) ** 2 / 8, abs=0.15)


@pytest.mark.parametrize(("figure", "shuffled"), [("video_score", True), ("image_score", False)])
def test_the_inception_score_is_the_published_one(figure: str, shuffled: bool) -> None:
    tolerance, inputs, outputs = case("inception-score")

    found = inception_score(inputs["probabilities"], shuffled=shuffled)

    wanted = outputs[figure].tolist()
    assert found == pytest.approx(wanted, abs=tolerance["atol"], rel=tolerance["rtol"])


def test_a_sure_classifier_of_as_many_classes_scores_their_number() -> None:
    rows = torch.eye(7).repeat(20, 1)

    mean, deviation = inception_score(rows, splits=2)

    assert (mean, deviation) == (pytest.approx(7.0), pytest.approx(0.0, abs=1e-9))


def test_precision_and_recall_of_a_set_inside_another() -> None:
    pytest.importorskip("prdc")
    random = torch.Generator().manual_seed(4)
    real = torch.randn(200, 2, generator=random) * 5
    measuring = ManifoldMeasurement(lambda items: items, {}, "", nearest=3)
    measuring.update(torch.randn(200, 2, generator=random) * 0.1, None)
    measuring.update(None, real)

    found = measuring.compute()

    assert found["precision"] > 0.9  # nearly all lie within the wide set
    assert found["recall"] < 0.1  # which they hardly cover


# Files of detectors


def start(metric: Any, **options: Any) -> Any:
    return metric.start(build_options(metric.options, options, owner=metric.name), Setting())


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (pictures.Fid(), "curl -LO https://github.com/toshas"),
        (pictures.Kid(), "give it with --weights FILE"),
        (pictures.InceptionScore(), "Inception's weights"),
        (clips.Fvd(), "curl -L -o i3d.pt .*--weights i3d.pt --trust"),
        (clips.VideoInceptionScore(), "c3d_ucf101.pt"),
        (clips.Jedi(), "export it with torch.jit.save"),
        (pictures.Frechet(), "--detector pixels"),
        (clips.LocalIdentity(), "name a scorer with --scorer"),
    ],
    ids=lambda part: getattr(part, "name", None),
)
def test_a_missing_detector_is_told_with_its_address_and_the_command(
    metric: Any, told: str
) -> None:
    with pytest.raises(MissingWeightsError, match=told) as refused:
        start(metric)

    assert "\n" not in str(refused.value)


class Flat(torch.nn.Module):
    """A detector of clips that takes what I3D takes."""

    def forward(
        self,
        x: Tensor,
        rescale: bool = False,
        resize: bool = False,
        return_features: bool = False,
    ) -> Tensor:
        if rescale:
            x = x / 255 * 2 - 1
        return x.mean([3, 4]).flatten(1) * (2.0 if return_features else 1.0)


class Bare(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        assert x.size(3) == 224
        return x.mean(2)[:, :, :2, :2]


def scripted(module: torch.nn.Module, path: Path) -> Path:
    with pytest.warns(FutureWarning):
        torch.jit.save(torch.jit.script(module), str(path))
    return path


def test_a_program_is_run_only_where_it_is_trusted(tmp_path: Path) -> None:
    path = scripted(Flat(), tmp_path / "i3d.pt")

    with pytest.raises(OptionError, match="i3d.pt is a program that would be run"):
        start(clips.Fvd(), weights=path)


def test_the_arguments_that_i3d_knows_are_given(tmp_path: Path) -> None:
    measuring = start(clips.Fvd(), weights=scripted(Flat(), tmp_path / "i3d.pt"), trust=True)
    clip = torch.linspace(-1, 1, 12)[None, :, None, None, None].expand(2, 12, 3, 16, 16)

    rows = measuring.features(clip)

    assert measuring.spec["arguments"] == "rescale, resize, return_features"
    # Twice the mean of each frame, which went through 8 bit: half a level of 255 each way.
    torch.testing.assert_close(rows[0, :12], 2 * torch.linspace(-1, 1, 12), atol=0.02, rtol=0)


def test_a_bare_i3d_gets_scaled_frames_of_224_pixels(tmp_path: Path) -> None:
    measuring = start(clips.Fvd(), weights=scripted(Bare(), tmp_path / "bare.pt"), trust=True)

    rows = measuring.features(torch.full((2, 12, 3, 20, 30), 0.25))

    torch.testing.assert_close(rows, torch.full((2, 3), 0.25))
    assert measuring.spec["resize"] == "224 px, bilinear, here"


def test_a_detector_that_does_not_take_the_clips_is_told_in_one_line(tmp_path: Path) -> None:
    measuring = start(
        clips.VideoInceptionScore(), weights=scripted(Bare(), tmp_path / "bare.pt"), trust=True
    )

    with pytest.raises(OptionError, match="the detector does not take items of shape") as refused:
        measuring.features(torch.zeros(1, 12, 3, 20, 30))
    assert "\n" not in str(refused.value)


def test_inception_with_random_weights_is_read_without_unpickling(tmp_path: Path) -> None:
    network = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    path = tmp_path / "inception.pth"
    torch.save(inception_state(network), path)
    images = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1

    features = start(pictures.Fid(), weights=path).features(images)

    theirs = network.FeatureExtractorInceptionV3(
        "inception", ["2048"], feature_extractor_weights_path=str(path)
    )
    wanted = theirs(((images + 1) * 127.5).round().to(torch.uint8))[0]
    assert float(wanted.std()) > 0
    torch.testing.assert_close(features, wanted)


def inception_state(network: Any) -> dict[str, Tensor]:
    """Weights of the right shapes: the constructor wants a file, so it is stopped before it reads one."""
    shapes = dict[str, Tensor]()

    class Caught(Exception):
        pass

    def catch(self: Any, state: Any) -> None:
        shapes.update(self.state_dict())
        raise Caught

    with pytest.MonkeyPatch.context() as patch, torch.device("meta"):
        patch.setattr(network.FeatureExtractorInceptionV3, "load_state_dict", catch)
        patch.setattr(network.torch, "load", lambda *_, **__: {})
        with pytest.raises(Caught):
            network.FeatureExtractorInceptionV3("x", ["2048"], feature_extractor_weights_path="x")
    random = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(part.shape, generator=random) * 0.05
        if part.dim() > 1
        else torch.ones(part.shape, dtype=part.dtype)
        for name, part in shapes.items()
    }


def test_a_file_of_something_else_is_no_inception(tmp_path: Path) -> None:
    from dynode.errors import CheckpointError

    pytest.importorskip("torch_fidelity")
    torch.save({"weight": torch.ones(2)}, tmp_path / "other.pth")

    with pytest.raises(CheckpointError, match="other.pth cannot be read as the weights"):
        start(pictures.Fid(), weights=tmp_path / "other.pth")


def test_the_domain_decides_the_scorer(facets: Setting) -> None:
    measuring = pictures.Frechet().start(pictures.Frechet.options(), facets)

    assert "facets-scorer" in measuring.spec["detector"]
    assert math.isfinite(float(measuring.features(torch.zeros(1, 3, 64, 64)).sum()))


@pytest.fixture
def facets(monkeypatch: pytest.MonkeyPatch) -> Setting:
    import dynode_facets.plugin
    from dynode.plugins import Registry

    registry = Registry()
    registry.register(dynode_facets.plugin, "dynode_facets.plugin")
    for module in ("detectors", "following"):
        monkeypatch.setattr(f"dynode_metrics.{module}.registry", lambda: registry)
    return Setting(domain="facets")
