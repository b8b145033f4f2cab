"""Micromotion: the published steps against their case, the default ones against other solvers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import dynode
from dynode import LinearDirection, PathDirection, plugins
from dynode.errors import DynodeError, MediaError, OptionError, UnknownNameError
from dynode.latents.latents import Latents
from dynode.media.video import write_video
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator
from dynode_micromotion import anchors, plugin
from dynode_micromotion.degrees import filled_in, progress_of
from dynode_micromotion.low_rank import explained, randomised, rank_for, truncated
from dynode_micromotion.motion import clean, published_anchors, published_direction
from dynode_micromotion.options import MicromotionOptions
from dynode_micromotion.ordering import coordinate, knots
from dynode_micromotion.robust import published_split, robust_split, sparsity_price

ROWS, WIDTH = 6, 16


class Numbers(dynode.DirectionMethod):
    """A text method that goes as far as the first number of the text says, and wobbles a little."""

    @staticmethod
    def _options() -> type:
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Options:
            text: str = dynode.option(help="Text.")
            wobble: float = dynode.option(0.0, help="Length of what is not the motion.")
            published: bool = dynode.option(False, help="As released.")

        return Options

    name = "numbers"
    per_image = True

    def find(self, generator, options, *, seed, progress, latents=None):
        amount = float(options.text.split()[1].rstrip("%")) / 100
        noise = torch.Generator().manual_seed(int(amount * 1000))
        offset = amount * motion() + options.wobble * torch.randn(ROWS, WIDTH, generator=noise)
        progress(1, 2)
        progress(2, 2)
        return [LinearDirection(offset) for _ in latents.w]


Numbers.options = Numbers._options()


class Styles(Numbers):
    """A text method in StyleSpace."""

    name = "styles"

    def find(self, generator, options, *, seed, progress, latents=None):
        return dynode.StyleDirection({"b4.conv1": torch.ones(4)})


class Frames(dynode.Inverter):
    """Reads the amount of the motion off the brightness of the picture."""

    name = "frames"

    def invert(self, generator, images, options, *, seed, progress):
        amount = (images.mean((1, 2, 3)) + 1) / 2
        return Latents(amount[:, None, None] * motion())


def motion() -> Tensor:
    """A motion with another offset in each row, one row still."""
    offset = torch.from_numpy(np.random.RandomState(0).randn(ROWS, WIDTH)).float()
    offset[2] = 0
    return offset


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=WIDTH, channels=4)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    registry = plugins.registry()
    registry.register(plugin, "dynode_micromotion")
    registry.directions.add(Numbers(), "test")
    registry.directions.add(Styles(), "test")
    registry.inverters.add(Frames(), "test")


def find(generator: StyleGAN2, **options: Any) -> PathDirection:
    given = {"text": "amount {degree} of it", "text_method": "numbers"} | options
    found = dynode.find("micromotion", generator, **given)
    assert isinstance(found, PathDirection)
    return found


def grey_clip(path: Path, amounts: Tensor) -> Path:
    """Write a clip of plain grey frames."""
    frames = (2 * amounts - 1).reshape(-1, 1, 1, 1).expand(-1, 3, 16, 16)
    write_video([frames], path, fps=10)
    return path


@pytest.fixture(scope="module")
def case(reference_case: Callable[[str], Any]) -> Any:
    return reference_case("micromotion-rpca")


def close(actual: Tensor, case: Any, name: str) -> None:
    expected = torch.from_numpy(case.outputs[name])
    torch.testing.assert_close(actual, expected.reshape(actual.shape), **case.case["tolerance"])


def test_the_loose_split_is_the_published_one(case) -> None:
    codes = torch.from_numpy(case.inputs["anchors"])

    splits = [published_split(codes[:, row]) for row in range(codes.shape[1])]

    close(torch.stack([split.low_rank for split in splits], 1), case, "low_rank")
    close(torch.stack([split.sparse for split in splits], 1), case, "sparse")
    assert all(split.residual > 1e-3 for split in splits)  # it is loose


@pytest.mark.parametrize(
    ("reduce", "suffix"), [(randomised, ""), (truncated, "_exact")], ids=["randomised", "exact"]
)
def test_anchors_of_rank_four_are_the_published_ones(case, reduce, suffix) -> None:
    codes = torch.from_numpy(case.inputs["anchors"])

    cleaned = published_anchors(codes, seed=case.case["config"]["torch_seed"], reduce=reduce)

    close(cleaned[:-1], case, f"rank4{suffix or '_anchors'}")
    close(cleaned[len(codes) - 2] - cleaned[0], case, f"direction{suffix}")


def test_the_published_direction_and_frames_are_met(case) -> None:
    config = case.case["config"]
    codes = torch.from_numpy(case.inputs["anchors"])

    delta = published_direction(codes, seed=config["torch_seed"], count=len(config["degrees"]))

    close(delta, case, "direction")
    base = Latents(torch.from_numpy(case.inputs["base"])[None])
    shares = torch.tensor(config["frames"]) / 100
    frames = LinearDirection(delta).apply(base[[0] * len(shares)], shares * config["scale"])
    close(frames.w, case, "frames")


def optimum(matrix: np.ndarray, price: float) -> tuple[np.ndarray, np.ndarray]:
    """Solve robust PCA in float64 by splitting with a fixed penalty, which converges."""
    low = sparse = dual = np.zeros_like(matrix)
    penalty = matrix.size / (4 * np.abs(matrix).sum())
    for _ in range(1500):
        left, values, right = np.linalg.svd(matrix - sparse + dual / penalty, full_matrices=False)
        low = (left * np.maximum(values - 1 / penalty, 0)) @ right
        rest = matrix - low + dual / penalty
        sparse = np.sign(rest) * np.maximum(np.abs(rest) - price / penalty, 0)
        dual = dual + penalty * (matrix - low - sparse)
    return low, sparse


def objective(low: np.ndarray, sparse: np.ndarray, price: float) -> float:
    return float(np.linalg.svd(low, compute_uv=False).sum() + price * np.abs(sparse).sum())


def rank_of(matrix: np.ndarray) -> int:
    values = np.linalg.svd(matrix, compute_uv=False)
    return int((values > 1e-3 * values[0]).sum())


@pytest.mark.parametrize("row", [0, 1, 2])
def test_robust_pca_agrees_with_a_second_solver(case, row: int) -> None:
    codes = torch.from_numpy(case.inputs["anchors"]).double()
    matrix = codes[:, row] - codes[:1, row]
    price = sparsity_price(matrix)

    split = robust_split(matrix)

    low, sparse = optimum(matrix.numpy(), price)
    found = split.low_rank.numpy(), split.sparse.numpy()
    # The growing penalty of tensorly's iteration stops it 1e-5 above the optimum.
    assert objective(*found, price) == pytest.approx(objective(low, sparse, price), rel=3e-5)
    assert np.linalg.norm(found[0] - low) < 3e-3 * np.linalg.norm(low)
    assert rank_of(found[0]) == rank_of(low)
    assert split.residual < 1e-6


def test_a_planted_low_rank_matrix_is_found_behind_outliers() -> None:
    random = np.random.RandomState(3)
    planted = random.randn(40, 2) @ random.randn(2, 60)
    outliers = np.where(random.rand(40, 60) < 0.05, 20 * random.randn(40, 60), 0)

    split = robust_split(torch.from_numpy(planted + outliers))

    # Exact recovery is a theorem in this regime; what is left is the stopping rule.
    assert np.abs(split.low_rank.numpy() - planted).max() < 1e-3
    assert np.abs(split.sparse.numpy() - outliers).max() < 1e-3


def test_tensorly_keeps_the_backend_it_had() -> None:
    import tensorly

    before = tensorly.get_backend()
    robust_split(torch.eye(3))

    assert tensorly.get_backend() == before


def test_the_explained_share_is_that_of_scikit_learn() -> None:
    from sklearn.decomposition import TruncatedSVD

    matrix = np.random.RandomState(1).randn(9, 20)
    wanted = TruncatedSVD(8, algorithm="arpack").fit(matrix).singular_values_ ** 2

    found = explained(torch.from_numpy(matrix))

    assert found[:8].numpy() == pytest.approx(wanted.cumsum() / (matrix**2).sum(), rel=1e-9)
    assert rank_for(torch.from_numpy(matrix), float(found[3])) == 4


def test_the_default_finds_the_motion_behind_wobbling_anchors(generator: StyleGAN2) -> None:
    found = find(generator, text_options="wobble=0.02", rank=1)

    cosine = torch.cosine_similarity(found.delta.flatten(), motion().flatten(), dim=0)
    assert float(cosine) > 0.995  # eleven anchors, a wobble of 2 % of the motion each
    assert float(found.delta.norm() / motion().norm()) == pytest.approx(1, abs=0.08)
    assert found.info.figures["rank"] == 1
    assert not found.delta[2].abs().max() > 0.2


def test_progress_is_in_proportion_to_the_degrees(generator: StyleGAN2) -> None:
    found = find(generator, degrees="20%,30%,60%,100%", robust=False)

    start = generator.sample(1, seed=0)
    codes = found.along(start, torch.linspace(0, 1, 6)).w - start.w

    amounts = (codes * motion()).sum((1, 2)) / motion().square().sum()
    # The anchors lie on a line: 0.8 of the motion from 20 % to 100 %, up to the fit of the path.
    assert amounts.tolist() == pytest.approx((0.8 * torch.linspace(0, 1, 6)).tolist(), abs=0.03)


@pytest.mark.parametrize("amounts", [torch.linspace(0, 1, 9), torch.linspace(-1, 1, 17).abs()])
def test_a_clip_gives_its_motion_there_or_there_and_back(
    generator: StyleGAN2, tmp_path: Path, amounts: Tensor
) -> None:
    amounts = amounts.flip(0) if amounts[0] > amounts[-1] / 2 else amounts
    clip = grey_clip(tmp_path / "grey.mp4", 1 - amounts if amounts[0] == 1 else amounts)

    found = find(generator, text="", clip=clip, clip_inverter="frames")

    sign = 1.0 if amounts[0] == 0 else -1.0
    cosine = torch.cosine_similarity(found.delta.flatten(), motion().flatten(), dim=0)
    assert abs(float(cosine)) > 0.999 and sign * float(cosine) != 0
    assert float(found.delta.norm() / motion().norm()) == pytest.approx(1, abs=0.1)
    assert found.info.name == "grey"


def test_a_clip_there_and_back_becomes_one_way() -> None:
    amounts = torch.cat([torch.linspace(0, 1, 20), torch.linspace(1, 0, 20)])
    codes = amounts[:, None, None] * motion()

    means, when = knots(codes, coordinate(codes))

    lengths = (means * motion()).sum((1, 2)) / motion().square().sum()
    assert bool((lengths.diff() > 0).all()) and bool((when.diff() > 0).all())
    assert (float(when[0]), float(when[-1])) == (0, 1)


def test_rows_that_stand_still_keep_no_component() -> None:
    offsets = torch.linspace(0, 1, 5)[:, None, None] * motion()

    cleaned = clean(offsets, robust=False, rank=0, variance=0.99)

    assert cleaned.ranks == (1, 1, 0, 1, 1, 1)
    torch.testing.assert_close(cleaned.codes, offsets)


def test_published_mode_uses_its_degrees_and_stops_one_short(generator: StyleGAN2, monkeypatch):
    seen: list[tuple[str, bool]] = []

    class Listening(Numbers):
        name = "listening"

        def find(self, generator, options, *, seed, progress, latents=None):
            seen.append((options.text, options.published))
            amount = 0.0 if "no" in options.text.split() else float(options.text.split()[1][:-1])
            return LinearDirection(amount * motion())

    plugins.registry().directions.add(Listening(), "test")

    found = dynode.find(
        "micromotion", generator, text="a {degree} smile", published=True, text_method="listening"
    )

    assert type(found) is LinearDirection
    assert seen[0] == ("a no smile", True) and seen[-1] == ("a 100% smile", True)
    assert len(seen) == 11
    amount = float((found.delta * motion()).sum() / motion().square().sum())
    full = dynode.find(
        "micromotion", generator, text="a {degree} smile", text_method="listening", robust=False
    )
    # 90 of 100; the loose split leaves a few percent of a matrix as small as this one out.
    assert 80 < amount < 92
    assert float((full.delta * motion()).sum() / motion().square().sum()) > 99


def test_the_global_random_state_is_not_moved_by_the_published_steps(case) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    published_anchors(torch.from_numpy(case.inputs["anchors"]), seed=1)

    assert torch.equal(torch.rand(3), expected)


def test_degrees_are_substituted_and_nothing_is_evaluated() -> None:
    assert filled_in("a {degree} {1/0} smile", ["no", "5%"]) == [
        "a no {1/0} smile",
        "a 5% {1/0} smile",
    ]


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (("10%", "20%", "60%"), [0, 0.2, 1]),
        (("no", "50 %", "100%"), [0, 0.5, 1]),
        (("-1", "0.5", "2"), [0, 0.5, 1]),
        (("hardly", "somewhat", "very"), [0, 0.5, 1]),
    ],
)
def test_degrees_are_spaced_by_their_numbers(degrees, expected) -> None:
    assert progress_of(degrees).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"text": "a smile"}, OptionError, "--text is 'a smile', without {degree}"),
        ({"degrees": "50%"}, OptionError, "1 anchor; expected at least 2"),
        ({"degrees": "50%,20%,100%"}, OptionError, "not in order at '20%'"),
        ({"degrees": "20%,20%"}, OptionError, "not in order at '20%'"),
        ({"degrees": "a bit,a bit"}, OptionError, "with one twice"),
        ({"text": ""}, OptionError, "a text or a clip, neither is given"),
        ({"clip": "clip.mp4"}, OptionError, "a text or a clip, both is given"),
        ({"text_method": "nmbers"}, UnknownNameError, "did you mean 'numbers'"),
        ({"text_method": "styles"}, OptionError, "does not move codes in W+"),
        ({"text_method": "micromotion", "text_options": "wobble=1"}, UnknownNameError, "wobble"),
        ({"text_options": "wobble"}, OptionError, "holds 'wobble'; expected NAME=VALUE"),
        ({"text_options": "wobbel=1"}, UnknownNameError, "did you mean 'wobble'"),
        ({"text": "", "clip": "a.mp4", "published": True}, OptionError, "give --text"),
        ({"text": "", "clip": "absent.mp4"}, MediaError, "absent.mp4 does not exist"),
    ],
)
def test_unusable_options_are_refused_in_one_line(
    generator: StyleGAN2, options: dict[str, Any], error: type[DynodeError], message: str
) -> None:
    with pytest.raises(error) as caught:
        find(generator, **options)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_clip_of_one_frame_is_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    clip = grey_clip(tmp_path / "one.mp4", torch.tensor([0.5]))

    with pytest.raises(MediaError, match=r"one.mp4 has one frame, so nothing moves"):
        find(generator, text="", clip=clip, clip_inverter="frames")


def test_a_clip_in_which_nothing_moves_is_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    clip = grey_clip(tmp_path / "still.mp4", torch.full((4,), 0.5))

    with pytest.raises(OptionError, match="nothing moves in 'still'"):
        find(generator, text="", clip=clip, clip_inverter="frames")


def test_the_motion_is_named_after_its_text(generator: StyleGAN2) -> None:
    assert anchors._name("a face, {degree} angry") == "a face, angry"
    assert anchors._name("a face with a {degree} smile.") == "a face with a smile"
    assert MicromotionOptions().degrees[0] == "0%"


def test_published_offsets_have_the_norms_of_the_notes(repository: Path) -> None:
    from dynode.importing import import_directions

    path = repository.parent / "shared" / "data" / "directions" / "micromotion.npz"
    if not path.is_file():
        pytest.skip(
            "the published micromotions are not beside the checkout (shared/data/directions)"
        )
    norms = {
        "smile": 2.00,
        "angry": 2.41,
        "aging": 1.78,
        "eyes-close": 1.06,
        "aging-old-gray-hair": 26.7,
        "heads-turn": 88.3,
    }

    found = {d.info.name: float(d.delta.norm()) for d in import_directions(path)}

    assert found.pop("aging-baseline") > 0
    assert found == {name: pytest.approx(norm, rel=0.005) for name, norm in norms.items()}
