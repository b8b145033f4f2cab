"""Mistakes that authors of plugins make: each is one thing that a hook takes, wrong in one way.

`MUTANTS` names for each the check that has to notice it. `benchmarks/check_mutants.py` runs all checks on all
of them and prints which are caught.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

import dynode
from dynode.direction import Direction, LinearDirection
from dynode.latents import Latents
from dynode.plugins import Measurement, Needs
from dynode.testing import PixelScorer
from dynode.testing.stand_ins import ColourModel, ColourWords

SEED = 0


@dataclass(frozen=True)
class Mutant:
    """A thing with a mistake.

    Attributes:
        name: What is wrong with it.
        make: Makes it.
        caught_by: The check that has to notice; empty where none can, with the reason.
        missed: Why no check can notice it.
    """

    name: str
    make: Callable[[], Any]
    caught_by: str
    missed: str = ""


# --- directions


def delta_of(generator: Any, seed: int = 0) -> Tensor:
    sample = generator.sample(32, seed=seed)
    with torch.inference_mode():
        level = generator.synthesize(sample).mean((1, 2, 3))
    return ((level - level.mean())[:, None, None] * sample.w).mean((0, 1)).clone() * 10


@dataclass(frozen=True, eq=False)
class Bent(Direction):
    """A direction that moves by `way`, which may be wrong."""

    space: ClassVar[str] = "tests-bent"
    delta: Tensor
    way: Callable[[Latents, Tensor, Tensor], Latents]

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        return self.way(latents, amounts, self.delta.to(latents.w))

    def check_shape(self, info: Any) -> None:
        assert len(self.delta) == info.w_dim


def push(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    return latents.with_w(latents.w + amounts.reshape(-1, 1, 1) * delta)


def along(change: Callable[[Tensor], Tensor]) -> Callable[..., Latents]:
    return lambda latents, amounts, delta: push(latents, change(amounts), delta)


def dropping(**kept: bool) -> Callable[..., Latents]:
    def way(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
        moved = push(latents, amounts, delta)
        styles = moved.styles if kept.get("styles") else {}
        return Latents(moved.w, styles, moved.weights if kept.get("weights") else ())

    return way


def write_in(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    latents.w.add_(amounts.reshape(-1, 1, 1) * delta)
    return latents


def detached(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    return push(latents, amounts, delta).detach()


def in_float32(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    moved = push(latents, amounts, delta)
    return moved.with_w(moved.w.float())


def by_the_batch(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    moved = push(latents, amounts, delta)
    return moved.with_w(moved.w + amounts.abs().max() * (moved.w - moved.w.mean(0)) * 0.1)


def setting_the_type(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    torch.set_default_dtype(torch.float64)
    return push(latents, amounts, delta)


def never_at_rest(latents: Latents, amounts: Tensor, delta: Tensor) -> Latents:
    return push(latents, amounts + 1e-3, delta)


class Good(dynode.DirectionMethod):
    """Lightens; what the mutants are made of."""

    name = "mutant"
    summary = "lightens"

    def find(
        self, generator: Any, options: Any, *, seed: int, progress: Any, latents: Any = None
    ) -> Any:
        return LinearDirection(delta_of(generator, seed))


def bent(way: Callable[..., Latents]) -> Callable[[], Good]:
    class Method(Good):
        expected_failures = {"a-file-gives-it-back": "a kind of the tests has no file"}

        def find(self, generator: Any, options: Any, *, seed: int, **_: Any) -> Any:
            return Bent(delta_of(generator, seed), way)

    return Method


def finding(find: Callable[..., Any], **members: Any) -> Callable[[], Good]:
    def method_find(
        self: Any,
        generator: Any,
        options: Any,
        *,
        seed: int,
        progress: Any,
        latents: Any = None,
    ) -> Any:
        return find(generator, seed=seed, progress=progress, latents=latents)

    return type("Method", (Good,), {"find": method_find, **members})


def of_global_numbers(generator: Any, **_: Any) -> Any:
    return LinearDirection(delta_of(generator) + 0.1 * torch.randn(generator.info.w_dim))


def reseeding(generator: Any, *, seed: int, **_: Any) -> Any:
    torch.manual_seed(seed)
    return LinearDirection(delta_of(generator, seed) + 0.1 * torch.randn(generator.info.w_dim))


def numpy_seeding(generator: Any, *, seed: int, **_: Any) -> Any:
    np.random.seed(seed)
    return LinearDirection(delta_of(generator, seed))


def printing(generator: Any, **_: Any) -> Any:
    print("found!")
    return LinearDirection(delta_of(generator))


def training_the_generator(generator: Any, **_: Any) -> Any:
    delta = delta_of(generator)
    with torch.no_grad():
        for part in list(generator.network.parameters())[:1]:
            part.add_(0.01)
    return LinearDirection(delta)


def without_gradients(generator: Any, **_: Any) -> Any:
    torch.set_grad_enabled(False)
    return LinearDirection(delta_of(generator))


def with_a_graph(generator: Any, **_: Any) -> Any:
    return LinearDirection(delta_of(generator).requires_grad_())


def changing_the_type(generator: Any, **_: Any) -> Any:
    torch.set_default_dtype(torch.float64)
    return LinearDirection(delta_of(generator))


def with_more_threads(generator: Any, **_: Any) -> Any:
    torch.set_num_threads(torch.get_num_threads() + 1)
    return LinearDirection(delta_of(generator))


def counting_too_far(generator: Any, *, progress: Any, **_: Any) -> Any:
    progress(5, 3)
    return LinearDirection(delta_of(generator))


def deaf(generator: Any, *, progress: Any, **_: Any) -> Any:
    try:
        progress(1, 2)
        delta = delta_of(generator)
    except KeyboardInterrupt:
        delta = torch.ones(generator.info.w_dim)
    return LinearDirection(delta)


def leaving_a_file(generator: Any, **_: Any) -> Any:
    with open("found.txt", "w") as stream:
        stream.write("found")
    return LinearDirection(delta_of(generator))


def moving_the_given(generator: Any, *, latents: Any, **_: Any) -> Any:
    latents.w.mul_(0.5)
    return LinearDirection(delta_of(generator))


@dataclass
class Thawed:
    steps: int = dynode.option(3, help="Steps.")


@dataclass(frozen=True)
class Mute:
    steps: int = dynode.option(3, help="")


DIRECTIONS = [
    Mutant("|strength|", bent(along(Tensor.abs)), "the-strength-is-signed-and-smooth"),
    Mutant("strength²", bent(along(Tensor.square)), "the-strength-is-signed-and-smooth"),
    Mutant(
        "strength·|strength|",
        bent(along(lambda s: s * s.abs())),
        "the-strength-is-signed-and-smooth",
    ),
    Mutant(
        "strength clamped to 1",
        bent(along(lambda s: s.clamp(-1, 1))),
        "the-strength-is-signed-and-smooth",
    ),
    Mutant("strength rounded", bent(along(Tensor.round)), "the-strength-is-signed-and-smooth"),
    Mutant("strength of the first picture", bent(along(lambda s: s[:1])), "a-batch-equals-a-loop"),
    Mutant("moves at strength 0", bent(never_at_rest), "strength-zero-is-identity"),
    Mutant("drops style offsets", bent(dropping(weights=True)), "other-edits-stay"),
    Mutant("drops weight offsets", bent(dropping(styles=True)), "other-edits-stay"),
    Mutant("drops all offsets", bent(dropping()), "other-edits-stay"),
    Mutant("detaches", bent(detached), "gradients-pass-through"),
    Mutant("detaches the strength", bent(along(Tensor.detach)), "gradients-pass-through"),
    Mutant("computes in float32", bent(in_float32), "type-and-device-are-kept"),
    Mutant("mixes the batch", bent(by_the_batch), "a-batch-equals-a-loop"),
    Mutant("writes into the code", bent(write_in), "inputs-are-not-modified"),
    Mutant("sets the default type in apply", bent(setting_the_type), "the-settings-of-torch-stay"),
    Mutant("sets the default type", finding(changing_the_type), "the-settings-of-torch-stay"),
    Mutant("sets the threads", finding(with_more_threads), "the-settings-of-torch-stay"),
    Mutant("leaves gradients off", finding(without_gradients), "no-gradient-is-left-behind"),
    Mutant("leaves a graph", finding(with_a_graph), "no-gradient-is-left-behind"),
    Mutant("draws from the global generator", finding(of_global_numbers), "same-seed-same-result"),
    Mutant(
        "seeds the global generator", finding(reseeding), "the-global-random-state-is-left-alone"
    ),
    Mutant("seeds numpy", finding(numpy_seeding), "the-global-random-state-is-left-alone"),
    Mutant(
        "ignores the seed",
        finding(lambda g, **_: LinearDirection(delta_of(g, 0))),
        "another-seed-another-sample",
    ),
    Mutant(
        "per image, whatever the image",
        finding(lambda g, *, seed, **_: LinearDirection(delta_of(g, seed)), per_image=True),
        "each-picture-has-its-own",
    ),
    Mutant(
        "is of one width",
        finding(lambda g, **_: LinearDirection(torch.linspace(-1, 1, 32))),
        "other-shapes-work",
    ),
    Mutant(
        "is of one number of rows",
        finding(lambda g, **_: LinearDirection(torch.ones(6, g.info.w_dim))),
        "other-shapes-work",
    ),
    Mutant(
        "moves nothing",
        finding(lambda g, **_: LinearDirection(torch.zeros(g.info.w_dim))),
        "the-edit-moves-the-picture",
    ),
    Mutant("returns a tensor", finding(lambda g, **_: delta_of(g)), "find-gives-directions"),
    Mutant("returns none", finding(lambda g, **_: []), "find-gives-directions"),
    Mutant("prints", finding(printing), "nothing-is-printed"),
    Mutant("trains the generator", finding(training_the_generator), "inputs-are-not-modified"),
    Mutant("writes into latents", finding(moving_the_given), "inputs-are-not-modified"),
    Mutant("counts too far", finding(counting_too_far), "progress-is-reported"),
    Mutant("swallows Ctrl-C", finding(deaf), "cancelling-leaves-nothing-behind"),
    Mutant("leaves a file", finding(leaving_a_file), "cancelling-leaves-nothing-behind"),
    Mutant(
        "gives infinities",
        finding(lambda g, **_: LinearDirection(delta_of(g) / 0)),
        "find-gives-directions",
    ),
    Mutant(
        "options that thaw",
        finding(lambda g, **_: LinearDirection(delta_of(g)), options=Thawed),
        "options-are-validated",
    ),
    Mutant(
        "options without help",
        finding(lambda g, **_: LinearDirection(delta_of(g)), options=Mute),
        "options-are-validated",
    ),
    Mutant("no summary", lambda: type("Method", (Good,), {"summary": ""})(), "metadata-are-honest"),
    Mutant(
        "points the wrong way",
        finding(lambda g, *, seed, **_: LinearDirection(-delta_of(g, seed))),
        "",
        "what a direction means is known to its author alone",
    ),
]


# --- scorers and text models


def scorer(score: Callable[[Any, Tensor], Tensor], **members: Any) -> Callable[[], PixelScorer]:
    real = PixelScorer().load("cpu")

    class Model:
        attributes, deviations = real.attributes, real.deviations

        def score(self, images: Tensor) -> Tensor:
            return score(real, images)

    Model.__dict__  # noqa: B018
    for name, value in members.items():
        setattr(Model, name, value)

    class Wrong(PixelScorer):
        name = "mutant"

        def load(self, device: Any) -> Any:
            return Model()

    return Wrong


def scoring_with_global_numbers(real: Any, images: Tensor) -> Tensor:
    torch.rand(1)
    return real.score(images)  # type: ignore[no-any-return]


def scoring_in_place(real: Any, images: Tensor) -> Tensor:
    with torch.no_grad():
        images.clamp_(-0.5, 0.5)
    return real.score(images)  # type: ignore[no-any-return]


def scoring_loudly(real: Any, images: Tensor) -> Tensor:
    print("scoring")
    return real.score(images)  # type: ignore[no-any-return]


def scoring_in_double(real: Any, images: Tensor) -> Tensor:
    torch.set_default_dtype(torch.float64)
    return real.score(images)  # type: ignore[no-any-return]


SCORERS = [
    Mutant(
        "scores of 0 to 255, clamped",
        scorer(lambda real, x: real.score(x.clamp(0, 255) / 127.5 - 1)),
        "pictures-are-read-from-minus-one",
    ),
    Mutant(
        "scores of 0 to 255",
        scorer(lambda real, x: real.score(x / 127.5 - 1)),
        "pictures-are-read-from-minus-one",
    ),
    Mutant(
        "scores of 0 to 1, clamped",
        scorer(lambda real, x: real.score(x.clamp(0, 1) * 2 - 1)),
        "pictures-are-read-from-minus-one",
    ),
    Mutant(
        "scores centred by the batch",
        scorer(lambda real, x: real.score(x) - real.score(x).mean(0)),
        "scores-do-not-depend-on-neighbours",
    ),
    Mutant(
        "scores detached",
        scorer(lambda real, x: real.score(x.detach())),
        "scores-are-differentiable",
    ),
    Mutant(
        "scores with fresh noise",
        scorer(lambda real, x: real.score(x) + torch.rand(1)),
        "scores-do-not-depend-on-neighbours",
    ),
    Mutant(
        "scores that move the global generator",
        scorer(scoring_with_global_numbers),
        "scoring-leaves-torch-as-it-is",
    ),
    Mutant(
        "scores that set the default type",
        scorer(scoring_in_double),
        "scoring-leaves-torch-as-it-is",
    ),
    Mutant("scores that write", scorer(scoring_in_place), "scores-do-not-depend-on-neighbours"),
    Mutant("scores that print", scorer(scoring_loudly), "scoring-prints-nothing"),
    Mutant(
        "a column too few",
        scorer(lambda real, x: real.score(x)[:, :1]),
        "scores-have-the-promised-shape",
    ),
    Mutant(
        "a deviation of 0",
        scorer(lambda real, x: real.score(x), deviations=(0.0,) * len(PixelScorer.attributes)),
        "attributes-name-the-columns",
    ),
    Mutant(
        "columns in another order",
        scorer(lambda real, x: real.score(x).flip(1)),
        "",
        "which column means what is known to the author's data alone",
    ),
]


def words(**members: Any) -> Callable[[], ColourWords]:
    model = type("Model", (ColourModel,), members)
    return type("Wrong", (ColourWords,), {"name": "mutant", "load": lambda *_, **__: model()})


def long_ones(self: Any, images: Tensor, *, normalize: bool = True) -> Tensor:
    return ColourModel.encode_images(self, images) * 2


def of_bytes(self: Any, images: Tensor, *, normalize: bool = True) -> Tensor:
    return ColourModel.encode_images(self, images.clamp(0, 255) / 127.5 - 1)


def constant(self: Any, images: Tensor, *, normalize: bool = True) -> Tensor:
    return ColourModel.encode_images(self, images * 1e-6)


def unlearned(self: Any, images: Tensor, *, normalize: bool = True) -> Tensor:
    return ColourModel.encode_images(self, images.detach())


def seeding(self: Any, images: Tensor, *, normalize: bool = True) -> Tensor:
    torch.manual_seed(0)
    return ColourModel.encode_images(self, images)


def backwards(self: Any, texts: Sequence[str]) -> Tensor:
    return ColourModel.encode_texts(self, list(texts)[::-1])


def everything(self: Any, text: str) -> list[str]:
    return text.split()


TEXTS = [
    Mutant("pictures of length 2", words(encode_images=long_ones), "embeddings-have-unit-norm"),
    Mutant(
        "pictures of 0 to 255",
        words(encode_images=of_bytes),
        "different-pictures-and-texts-differ",
    ),
    Mutant(
        "pictures all alike", words(encode_images=constant), "different-pictures-and-texts-differ"
    ),
    Mutant("pictures detached", words(encode_images=unlearned), "pictures-get-a-gradient"),
    Mutant(
        "pictures that seed torch", words(encode_images=seeding), "embedding-leaves-torch-as-it-is"
    ),
    Mutant(
        "texts backwards", words(encode_texts=backwards), "embeddings-do-not-depend-on-neighbours"
    ),
    Mutant("knows and knows not", words(unknown_words=everything), "words-are-known-or-unknown"),
]


# --- face detectors

POINTS = np.array([[-0.4, -0.2], [0.4, -0.2], [0.0, 0.1], [-0.35, 0.5], [0.35, 0.5]])


def see(pixels: np.ndarray) -> list[np.ndarray]:
    """Find what is bright on dark or coloured on plain: the middle of what differs from the corner."""
    differs = np.abs(pixels.astype(int) - pixels[0, 0].astype(int)).sum(2) > 60
    rows, columns = np.nonzero(differs)
    if len(rows) < 50:
        return []
    centre = np.array([columns.mean(), rows.mean()])
    half = np.array([np.ptp(columns), np.ptp(rows)]) / 2
    return [centre + POINTS * half]


def detector(change: Callable[[list[np.ndarray], np.ndarray], Any]) -> Callable[[], Any]:
    class Wrong(dynode.FaceDetector):
        name = "mutant"
        summary = "finds what differs from the ground"

        def load(self, model: Any = None) -> Any:
            return lambda pixels: change(see(pixels), pixels)

    return Wrong


def painting(found: list[np.ndarray], pixels: np.ndarray) -> list[np.ndarray]:
    pixels[0, 0] = 0
    return found


SWAPPED = [1, 0, 2, 4, 3]
DETECTORS = [
    Mutant("finds none", detector(lambda found, _: []), "a-face-that-is-there-is-found"),
    Mutant(
        "eyes swapped", detector(lambda f, _: [p[SWAPPED] for p in f]), "points-lie-as-in-a-face"
    ),
    Mutant(
        "axes swapped", detector(lambda f, _: [p[:, ::-1] for p in f]), "points-lie-as-in-a-face"
    ),
    Mutant(
        "upside down",
        detector(lambda f, px: [np.array([0, len(px)]) + p * [1, -1] for p in f]),
        "points-lie-as-in-a-face",
    ),
    Mutant(
        "from 0 to 1", detector(lambda f, px: [p / len(px) for p in f]), "points-lie-as-in-a-face"
    ),
    Mutant(
        "points outside",
        detector(lambda f, px: [p + len(px) for p in f]),
        "points-lie-as-in-a-face",
    ),
    Mutant(
        "in a picture half as large",
        detector(lambda f, _: [p * 0.2 for p in f]),
        "points-lie-as-in-a-face",
    ),
    Mutant(
        "trembles",
        detector(lambda f, _: [p + np.random.rand(5, 2) for p in f]),
        "the-same-picture-has-the-same-faces",
    ),
    Mutant("paints", detector(painting), "pixels-are-left-alone"),
    Mutant("gives an array", detector(lambda f, _: np.array(f)), "faces-have-the-promised-shape"),
]


# --- metrics


class Level(Measurement):
    """The difference of mean levels; `order`, `luck` and the like make it wrong."""

    spec = {"what": "level"}

    def __init__(self, wrong: str) -> None:
        self.wrong = wrong
        self.sides: dict[str, list[float]] = {"a": [], "b": []}

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        for side, part in (("a", a), ("b", b)):
            if part is None:
                continue
            if self.wrong == "writes":
                part.mul_(0.9)
            levels = part.mean((1, 2, 3)).tolist()
            self.sides[side] += [sum(levels) / len(levels)] if self.wrong == "batches" else levels

    def compute(self) -> dict[str, float]:
        a, b = self.sides["a"], self.sides["b"]
        if self.wrong == "order":
            a, b = a[: len(a) // 2], b[len(b) // 2 :]
        found = sum(a) / len(a) - sum(b) / len(b)
        if self.wrong == "batches":
            found = max(a) - min(b)
        if self.wrong == "luck":
            found += 0.1 * float(torch.rand(1))
        if self.wrong == "seeds":
            torch.manual_seed(0)
        if self.wrong == "type":
            torch.set_default_dtype(torch.float64)
        if self.wrong == "constant":
            found = 1.0
        return {"level": float("nan") if self.wrong == "nan" else found}


def metric(wrong: str) -> Callable[[], Any]:
    class Wrong(dynode.Metric):
        name = "mutant"
        summary = "difference of levels"
        needs = Needs()

        def start(self, options: Any, setting: Any) -> Level:
            return Level(wrong)

    return Wrong


METRICS = [
    Mutant("figures by order", metric("order"), "the-order-does-not-matter"),
    Mutant("figures by batches", metric("batches"), "batches-do-not-matter"),
    Mutant("figures by luck", metric("luck"), "measuring-changes-nothing"),
    Mutant("figures that seed torch", metric("seeds"), "measuring-leaves-torch-as-it-is"),
    Mutant("figures that set the type", metric("type"), "measuring-leaves-torch-as-it-is"),
    Mutant("figures that write", metric("writes"), "measuring-changes-nothing"),
    Mutant("one figure for all", metric("constant"), "a-metric-tells-items-apart"),
    Mutant("figures not finite", metric("nan"), "figures-are-finite-numbers"),
]


# --- inverters


class Nearest(dynode.Inverter):
    """The best of many sampled codes; what the mutants are made of."""

    name = "mutant"
    summary = "the nearest of many"

    def invert(
        self, generator: Any, images: Tensor, options: Any, *, seed: int, progress: Any
    ) -> Latents:
        return nearest(generator, images)


def nearest(generator: Any, images: Tensor) -> Latents:
    # truncation 0.9 and a seed of the check's own would be luck: it is near the pictures' codes
    codes = Latents.cat([generator.sample(2, seed=3), generator.sample(14, seed=0)])
    with torch.inference_mode():
        drawn = generator.synthesize(codes)
        errors = (drawn[None] - images[:, None]).square().mean((2, 3, 4))
        best = errors.argmin(1).tolist()
    return Latents(codes.w[best].clone())


def inverter(invert: Callable[..., Latents]) -> Callable[[], Nearest]:
    def method(
        self: Any, generator: Any, images: Tensor, options: Any, *, seed: int, progress: Any
    ) -> Latents:
        return invert(generator, images)

    return type("Wrong", (Nearest,), {"invert": method})


def first_for_all(generator: Any, images: Tensor) -> Latents:
    return nearest(generator, images)[[0] * len(images)]


def global_search(generator: Any, images: Tensor) -> Latents:
    torch.randn(3)
    return nearest(generator, images)


def in_double(generator: Any, images: Tensor) -> Latents:
    torch.set_default_dtype(torch.float64)
    return nearest(generator, images)


def scribbling(generator: Any, images: Tensor) -> Latents:
    found = nearest(generator, images)
    images.zero_()
    return found


INVERTERS = [
    Mutant(
        "gives the mean",
        inverter(lambda g, x: Latents(g.mean_w.expand(len(x), g.info.num_layers, -1).clone())),
        "the-codes-draw-the-picture",
    ),
    Mutant(
        "reads 0 to 255",
        inverter(lambda g, x: nearest(g, x / 127.5 - 1)),
        "the-codes-draw-the-picture",
    ),
    Mutant("one code for all", inverter(first_for_all), "a-batch-equals-a-loop"),
    Mutant("moves the global generator", inverter(global_search), "same-seed-same-result"),
    Mutant("inverts in double", inverter(in_double), "the-settings-of-torch-stay"),
    Mutant("writes into the pictures", inverter(scribbling), "inputs-are-not-modified"),
]

MUTANTS: Sequence[Mutant] = (
    *DIRECTIONS,
    *SCORERS,
    *TEXTS,
    *DETECTORS,
    *METRICS,
    *INVERTERS,
)


def healthy() -> Iterator[Any]:
    """What the mutants are made of, without a mistake."""
    yield Good()
    yield PixelScorer()
    yield ColourWords()
    yield detector(lambda found, _: found)()
    yield metric("")()
    yield Nearest()
