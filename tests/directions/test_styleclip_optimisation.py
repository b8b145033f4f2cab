"""StyleCLIP latent optimisation, against the published schedule, input and loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dynode.errors import OptionError
from dynode.generator.protocol import Generator
from dynode.plugins.methods import silent
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.generator import StyleGAN2
from dynode.stylegan2.network import GeneratorNetwork
from dynode.text import UnknownWordsWarning
from dynode_styleclip import optimisation
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.options import OptimisationOptions
from dynode_styleclip.plugin import LatentOptimisation
from dynode_styleclip.schedule import learning_rate
from dynode_styleclip.whitening import principal_axes


class BrightnessModel:
    """Sees how light the red and the blue of a picture are; knows two words."""

    image_size = 16

    def encode_images(self, images: Tensor, *, normalize: bool = True) -> Tensor:
        means = images.mean((2, 3))[:, [0, 2]] * (1.0 if normalize else 0.5)
        return torch.nn.functional.normalize(means + 0.1, dim=1)

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        known = {"red": [1.0, -1.0], "blue": [-1.0, 1.0]}
        return torch.nn.functional.normalize(
            torch.tensor([known[text.split()[0]] for text in texts]), dim=1
        )

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in text.split() if word not in ("red", "blue")]

    def known_words(self, text: str) -> list[str]:
        return [word for word in text.split() if word in ("red", "blue")]


@dataclass
class ProgressLog:
    calls: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, done: int, total: int, message: str = "") -> None:
        self.calls.append((done, total))


@pytest.fixture
def generator() -> Generator:
    torch.manual_seed(0)
    config = GeneratorConfig(
        resolution=16, channels={4: 16, 8: 16, 16: 8}, z_dim=32, w_dim=32, mapping_layers=2
    )
    return StyleGAN2(GeneratorNetwork(config).eval().requires_grad_(False), name="tiny")


@pytest.fixture(autouse=True)
def text_model(monkeypatch: pytest.MonkeyPatch) -> BrightnessModel:
    model = BrightnessModel()
    monkeypatch.setattr(optimisation, "load_text_model", lambda *args, **kwargs: model)
    return model


def _find(generator: Generator, **options: object):
    given = OptimisationOptions(**{"text": "red", **options})
    start = generator.sample(2, seed=3)
    return start, LatentOptimisation().find(
        generator, given, seed=0, progress=silent, latents=start
    )


@pytest.mark.parametrize("index", [0, 1])
def test_schedule_equals_the_published_one(reference_case: Callable, index: int) -> None:
    reference = reference_case("styleclip-lr-schedule")
    setting = reference.case["config"]["schedules"][index]

    rates = [learning_rate(i, setting["step"], setting["lr"]) for i in range(setting["step"])]

    expected = torch.from_numpy(reference.outputs[f"lr_{index}"]).double()
    torch.testing.assert_close(
        torch.tensor(rates, dtype=torch.float64), expected, **reference.case["tolerance"]
    )


def test_area_resize_equals_the_published_clip_input(reference_case: Callable) -> None:
    reference = reference_case("styleclip-clip-input")
    (top, bottom), (left, right) = reference.case["config"]["slice"]

    resized = area_resize(torch.from_numpy(reference.inputs["image"]), 224)

    expected = torch.from_numpy(reference.outputs["clip_input"])
    torch.testing.assert_close(
        resized[..., top:bottom, left:right], expected, **reference.case["tolerance"]
    )


class BytesMade(TorchDispatchMode):
    """Adds up the bytes of every tensor that an operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and made.untyped_storage().data_ptr() not in {
            part.untyped_storage().data_ptr() for part in args if isinstance(part, Tensor)
        }:
            self.total += made.nbytes
        return made


def test_area_resize_takes_less_than_a_fiftieth_of_the_memory() -> None:
    side = 256  # a picture of 1024 pixels enlarges to 7168; the shares are the same
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    area_resize(image, 56)  # its weights are kept from one call to the next

    with BytesMade() as enlarged:
        big = torch.nn.functional.interpolate(image, scale_factor=7, mode="nearest")
        expected = torch.nn.functional.avg_pool2d(big, side * 7 // 56)
    with BytesMade() as ours:
        resized = area_resize(image, 56)

    torch.testing.assert_close(resized, expected, atol=1e-5, rtol=0)  # sums of float32
    assert ours.total < 0.02 * enlarged.total


@pytest.mark.parametrize("published", [False, True])
def test_optimised_pictures_resemble_the_text_more(
    generator: Generator, text_model: BrightnessModel, published: bool
) -> None:
    start, found = _find(generator, published=published, steps=40)

    moved = torch.cat([d.apply(start[i]).w for i, d in enumerate(found)])

    def likeness(w: Tensor) -> Tensor:
        seen = text_model.encode_images(generator.synthesize(start.with_w(w)))
        return (seen * text_model.encode_texts(["red"])).sum(1)

    assert len(found) == 2
    assert bool((likeness(moved) > likeness(start.w) + 0.05).all())


def test_published_run_equals_a_plain_reimplementation(
    generator: Generator, text_model: BrightnessModel
) -> None:
    start, found = _find(generator, published=True, steps=5, learning_rate=0.05)

    w = start.w.clone().requires_grad_(True)
    adam = torch.optim.Adam([w], lr=0.05)
    for step in range(5):
        adam.param_groups[0]["lr"] = learning_rate(step, 5, 0.05)
        before_update = w.detach().clone()
        image = generator.synthesize(start.with_w(w))
        pooled = torch.nn.functional.adaptive_avg_pool2d(image, 16)  # 16 px: CLIP's size here
        cosine = text_model.encode_images(pooled, normalize=False) @ torch.tensor(
            [0.5**0.5, -(0.5**0.5)]
        )
        loss = (1 - cosine).sum() + 0.008 * (w - start.w).square().sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    expected = before_update - start.w
    # The same float32 operations in another order over five steps of about 0.05.
    for index, direction in enumerate(found):
        torch.testing.assert_close(direction.delta, expected[index], atol=2e-4, rtol=0)


def test_same_seed_finds_the_same_direction(generator: Generator) -> None:
    first = _find(generator, steps=4)[1]
    second = _find(generator, steps=4)[1]

    assert all(torch.equal(a.delta, b.delta) for a, b in zip(first, second, strict=True))


def test_input_is_not_modified_and_no_gradient_stays(generator: Generator) -> None:
    start = generator.sample(1, seed=3)
    kept = start.w.clone()

    (found,) = LatentOptimisation().find(
        generator, OptimisationOptions(text="red", steps=3), seed=0, progress=silent, latents=start
    )

    assert torch.equal(start.w, kept)
    assert not found.delta.requires_grad
    assert all(p.grad is None for p in generator.network.parameters())


def test_progress_is_reported_after_every_step(generator: Generator) -> None:
    log = ProgressLog()

    LatentOptimisation().find(
        generator, OptimisationOptions(text="red", steps=3), seed=0, progress=log
    )

    assert log.calls == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": ""}, "the text is empty"),
        ({"text": "xyzzy"}, "knows no word of 'xyzzy'"),
        ({"text": "red" * 5000}, "15000 characters"),
        ({"text": "red", "neutral": "red"}, "mean the same"),
    ],
    ids=["empty", "unknown", "long", "neutral-equal"],
)
def test_unusable_text_is_refused(
    generator: Generator, options: dict[str, str], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        _find(generator, **options)


def test_unknown_words_are_named_in_a_warning(generator: Generator) -> None:
    with pytest.warns(UnknownWordsWarning, match="does not know: shiny"):
        _find(generator, text="red shiny", steps=1)


def test_principal_axes_have_the_covariance_of_w(generator: Generator) -> None:
    axes = principal_axes(generator, seed=0).double()

    w = generator.sample(4096, seed=0, truncation=1.0).w[:, 0].double()
    covariance = torch.cov(w.T)
    # At most the dropped 0.1 % of the variance is missing.
    assert float((axes.T @ axes - covariance).norm() / covariance.norm()) < 2e-3
