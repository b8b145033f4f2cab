"""What measures: a domain's scorer, two texts, a classifier, labels; and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dynode import plugins
from dynode.errors import DynodeError
from dynode.generator.population import draw_population
from dynode.options import build_options
from dynode.plugins.methods import TextEncoder
from dynode.scoring.choosing import choose_scorer
from dynode.scoring.options import ScorerOptions
from dynode.scoring.prompts import PromptScorer
from dynode.stylegan2.generator import StyleGAN2


class LightOrWarm:
    """Embeds pictures by lightness and warmth, and four words."""

    image_size = 16
    words = {"light": [1.0, 0.0], "dark": [-1.0, 0.0], "warm": [0.0, 1.0], "cold": [0.0, -1.0]}

    def encode_images(self, images: Tensor, *, normalize: bool = True) -> Tensor:
        assert images.shape[-1] == self.image_size
        light = images.mean((1, 2, 3))
        warm = images[:, 0].mean((1, 2)) - images[:, 2].mean((1, 2))
        return nn.functional.normalize(torch.stack([light, warm], 1), dim=1)

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        return torch.tensor([self.words[text] for text in texts])

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in text.split() if word not in self.words]

    def known_words(self, text: str) -> list[str]:
        return [word for word in text.split() if word in self.words]


class LightOrWarmEncoder(TextEncoder):
    name = "light-or-warm"
    domains = ("noise",)

    def load(self, device: Any, *, weights: Any = None, architecture: str = "") -> LightOrWarm:
        return LightOrWarm()


@pytest.fixture
def words_registered() -> None:
    plugins.registry().text_encoders.add(LightOrWarmEncoder(), "test")


class Lightness(nn.Module):
    """A classifier with two outputs."""

    def forward(self, images: Tensor) -> Tensor:
        light = images.mean(dim=(1, 2, 3))
        return torch.stack([light, -light], dim=1)


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    path = tmp_path / "light.ts"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch advises its successor, which makes other files
        torch.jit.script(Lightness()).save(str(path))
    return path


def options(**values: Any) -> ScorerOptions:
    built = build_options(ScorerOptions, values, owner="test")
    assert isinstance(built, ScorerOptions)
    return built


@pytest.mark.usefixtures("pixels_registered")
def test_the_scorer_of_the_domain_is_taken_by_itself(generator: StyleGAN2) -> None:
    chosen = choose_scorer(generator, options(attribute="warm"))

    assert (chosen.name, chosen.attribute, chosen.column) == ("pixels", "warm", 1)


@pytest.mark.usefixtures("words_registered")
def test_two_texts_make_an_attribute_with_its_own_deviation(generator: StyleGAN2) -> None:
    chosen = choose_scorer(generator, options(positive="light", negative="dark"), seed=3)

    assert chosen.attribute == "light"
    population = draw_population(generator, 128, seed=4)
    scores = chosen.model.score(generator.synthesize(population.latents))
    assert chosen.model.deviations[0] == pytest.approx(float(scores.std(unbiased=False)), rel=1e-3)


def test_a_prompt_scorer_takes_the_difference_of_the_cosines() -> None:
    scorer = PromptScorer(LightOrWarm(), "light", "dark")
    images = torch.rand(2, 3, 40, 40)

    embedded = LightOrWarm().encode_images(
        nn.functional.interpolate(images, size=(16, 16), mode="bicubic", antialias=True)
    )

    assert torch.allclose(scorer.score(images)[:, 0], 2 * embedded[:, 0], atol=1e-5)


def test_a_classifier_scores_by_its_named_output(generator: StyleGAN2, classifier: Path) -> None:
    chosen = choose_scorer(
        generator,
        options(
            classifier=classifier,
            classifier_size=16,
            classifier_names="light,dark",
            attribute="dark",
            trust=True,
        ),
    )

    images = generator.synthesize(generator.sample(2, seed=0))
    assert chosen.column == 1
    assert torch.allclose(chosen.model.score(images)[:, 1], -images.mean((1, 2, 3)), atol=1e-5)
    assert chosen.model.deviations[0] == chosen.model.deviations[1] != 1.0


def labels_of(generator: StyleGAN2, path: Path, count: int = 80) -> Path:
    lines = ["seed,light"]
    for seed in range(count):
        picture = generator.synthesize(generator.sample(1, seed=seed))
        lines.append(f"{seed},{float(picture.mean()):.6f}")
    path.write_text("\n".join(lines))
    return path


def test_labels_become_a_scorer_that_predicts_held_out_pictures(
    generator: StyleGAN2, tmp_path: Path
) -> None:
    table = labels_of(generator, tmp_path / "labels.csv")

    chosen = choose_scorer(generator, options(labels=table))

    images = generator.synthesize(generator.sample(40, seed=1000))
    predicted = chosen.model.score(images)[:, 0]
    correlation = torch.corrcoef(torch.stack([predicted.float(), images.mean((1, 2, 3))]))[0, 1]
    assert chosen.attribute == "light"
    assert float(correlation) > 0.95  # the mean is linear in the pixels the probe sees


NOISE = "seed,luck\n" + "\n".join(f"{seed},{(seed * 7919) % 13}" for seed in range(60))


@pytest.mark.usefixtures("pixels_registered", "words_registered")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "--attribute is missing; choose one of light, warm, side"),
        ({"attribute": "lihgt"}, "unknown attribute 'lihgt'; did you mean 'light'?"),
        ({"attribute": "light", "scorer": "pixel"}, "did you mean 'pixels'"),
        ({"positive": "light"}, "one text was given; expected both ends"),
        ({"positive": "light", "negative": "light"}, "both texts are 'light'"),
        ({"positive": "light", "negative": " "}, "the text is empty"),
        (
            {"positive": "light", "negative": "dark", "scorer": "pixels"},
            "--positive and --scorer were given together",
        ),
        ({"classifier": Path("absent.ts")}, "the classifier absent.ts does not exist"),
        ({"labels": Path("absent.csv")}, "absent.csv cannot be read as labels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_options_that_say_nothing_usable_are_refused_in_one_line(
    generator: StyleGAN2, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(DynodeError) as raised:
        choose_scorer(generator, options(**values))

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_generator_of_an_unknown_domain_needs_to_be_told(generator: StyleGAN2) -> None:
    with pytest.raises(DynodeError, match="no scorer knows the pictures of tiny"):
        choose_scorer(generator, options(attribute="light"))


def test_a_classifier_is_not_run_before_it_is_trusted(
    generator: StyleGAN2, classifier: Path
) -> None:
    with pytest.raises(DynodeError, match="add --trust"):
        choose_scorer(generator, options(classifier=classifier))


def test_a_file_that_is_no_classifier_is_named(generator: StyleGAN2, tmp_path: Path) -> None:
    path = tmp_path / "x.ts"
    path.write_bytes(b"no program")

    with pytest.raises(DynodeError, match="x.ts cannot be read as a TorchScript file") as raised:
        choose_scorer(generator, options(classifier=path, trust=True))

    assert "\n" not in str(raised.value)


def test_names_that_do_not_match_the_outputs_are_refused(
    generator: StyleGAN2, classifier: Path
) -> None:
    with pytest.raises(DynodeError, match="gives 1 names; the classifier has 2 outputs"):
        choose_scorer(
            generator,
            options(classifier=classifier, trust=True, classifier_size=16, classifier_names="one"),
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the header of labels.csv is 'absent'"),
        ("smile\n1\n", "expected 'seed' or 'index'"),
        ("name,smile\na,1\n", "expected 'seed' or 'index'"),
        ("seed,smile,smile\n1,2,3\n", "expected 'seed' or 'index'"),
        ("seed,smile\n", "has a header and no labels"),
        ("seed,smile\n1,0.5\n2\n", "line 3 of labels.csv is '2'"),
        ("seed,smile\n1,happy\n", "line 2 of labels.csv is '1,happy'"),
        ("seed,smile\n1,nan\n", "line 2 of labels.csv"),
        ("seed,smile\n-1,0.5\n", "line 2 of labels.csv"),
        ("seed,smile\n1.5,0.5\n", "line 2 of labels.csv"),
        ("seed,smile\n1,0.5\n2,0.7\n", "labels 2 pictures; expected at least 20"),
        ("index,smile\n1,0.5\n", "name it with --codes"),
        (NOISE, "held-out labels of 'luck' in labels.csv correlate by"),
    ],
    ids=lambda value: value[:20].replace("\n", "|"),
)
def test_labels_that_cannot_be_used_are_refused_in_one_line(
    generator: StyleGAN2, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "labels.csv").write_text(text)

    with pytest.raises(DynodeError) as raised:
        choose_scorer(generator, options(labels=tmp_path / "labels.csv"))

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_labels_beyond_the_latents_file_are_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    generator.sample(3, seed=0).save(tmp_path / "codes.safetensors")
    (tmp_path / "labels.csv").write_text("index,smile\n0,1\n3,2\n")

    with pytest.raises(DynodeError, match="labels row 3; codes.safetensors holds 3 codes"):
        choose_scorer(
            generator,
            options(labels=tmp_path / "labels.csv", codes=tmp_path / "codes.safetensors"),
        )
