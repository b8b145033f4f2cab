"""Choosing the text-image model, and telling whether it understands a text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import dynode
from dynode import plugins
from dynode.errors import MissingWeightsError, OptionError, UnknownNameError
from dynode.generator.protocol import GeneratorInfo
from dynode.testing import tiny_generator
from dynode.text import (
    UnknownWordsWarning,
    WeakEditWarning,
    check_text,
    load_text_model,
    neutral_text,
    warn_of_weak_edit,
)


class Model:
    """A model that knows colours and remembers how it was loaded."""

    image_size = 4

    def __init__(self, encoder: str = "", **loaded: Any) -> None:
        self.encoder, self.loaded = encoder, loaded

    def encode_images(self, images: Tensor, *, normalize: bool = True) -> Tensor:
        raise NotImplementedError

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        raise NotImplementedError

    def known_words(self, text: str) -> list[str]:
        return [word for word in re.findall(r"\w+", text) if word in {"red", "blue"}]

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in re.findall(r"\w+", text) if word not in {"red", "blue", "a"}]


class Encoder(dynode.TextEncoder):
    """An encoder that loads that model."""

    def __init__(self, name: str, *domains: str) -> None:
        self.__dict__.update(name=name, domains=domains)
        if domains:
            self.__dict__["neutral"] = f"one of the {domains[0]}"

    def load(
        self, device: torch.device | str, *, weights: Path | None = None, architecture: str = ""
    ) -> Model:
        return Model(self.name, device=device, weights=weights, architecture=architecture)


@pytest.fixture
def encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = plugins.Registry()
    for encoder in (Encoder("clip"), Encoder("meadow-clip", "meadows", "parks")):
        registry.text_encoders.add(encoder, "the test")
    monkeypatch.setattr(plugins, "registry", lambda: registry)


@pytest.fixture(scope="module")
def info() -> GeneratorInfo:
    return tiny_generator(8, w_dim=4, channels=2, domain="parks").info


# Which model


@pytest.mark.usefixtures("encoders")
def test_the_domain_chooses_the_model(info: GeneratorInfo) -> None:
    model = load_text_model(info, device="cpu")

    assert isinstance(model, Model)
    assert (model.encoder, model.loaded["device"]) == ("meadow-clip", "cpu")


@pytest.mark.usefixtures("encoders")
@pytest.mark.parametrize(
    ("domain", "given", "neutral"),
    [
        ("parks", "", "one of the meadows"),
        ("parks", "a bench", "a bench"),
        ("faces", "", "a face"),
        ("", "  ", "a face"),
    ],
    ids=["encoder's own", "given", "no encoder", "no domain"],
)
def test_what_pictures_show_before_an_edit_is_the_domains(
    domain: str, given: str, neutral: str
) -> None:
    assert neutral_text(domain, given) == neutral


@pytest.mark.usefixtures("encoders")
def test_a_domain_nobody_knows_asks_for_weights(info: GeneratorInfo) -> None:
    faces = dataclasses.replace(info, domain="faces", name="ffhq")

    with pytest.raises(MissingWeightsError) as caught:
        load_text_model(faces, device="cpu")

    assert str(caught.value) == (
        "no text-image model is bundled for ffhq (domain 'faces'); fetch CLIP with 'dynode models "
        "fetch clip-vit-b-32', or load it from a file with --clip ViT-B-32-quickgelu --clip-weights FILE"
    )


@pytest.mark.usefixtures("encoders")
@pytest.mark.parametrize(
    ("name", "weights", "encoder", "architecture"),
    [
        ("meadow-clip", None, "meadow-clip", ""),
        ("meadow-clip", Path("a.pt"), "meadow-clip", ""),
        ("clip", Path("a.pt"), "clip", ""),
        ("ViT-B-32", Path("a.pt"), "clip", "ViT-B-32"),
        ("", Path("a.pt"), "clip", ""),
    ],
    ids=["encoder", "encoder and weights", "clip itself", "architecture", "weights alone"],
)
def test_a_named_model_goes_before_the_domain(
    info: GeneratorInfo, name: str, weights: Path | None, encoder: str, architecture: str
) -> None:
    model = load_text_model(info, device="cpu", name=name, weights=weights)

    assert isinstance(model, Model)
    assert model.encoder == encoder
    assert model.loaded == {"device": "cpu", "weights": weights, "architecture": architecture}


def test_without_the_clip_plugin_an_architecture_is_unknown(info: GeneratorInfo) -> None:
    with pytest.raises(UnknownNameError, match="unknown text encoder 'clip'"):
        load_text_model(info, device="cpu", name="ViT-B-32")


# Which text


@pytest.mark.parametrize("text", ["red", "  a red\n", "\ta blue"], ids=repr)
def test_a_text_is_returned_without_outer_spaces(text: str) -> None:
    assert check_text(Model(), text) == text.strip()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text is empty; expected a description such as 'smiling'"),
        (" \t\n", "the text is empty"),
        ("red " * 251, "the text has 1003 characters; expected at most 1000"),
        ("sombre", "the small text model knows no word of 'sombre' that says what to change"),
        ("sombre " * 20, "the small text model knows no word of 'sombre sombre"),
    ],
    ids=["empty", "blank", "too long", "unknown", "long and unknown"],
)
def test_a_text_that_says_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_text(Model(), text)

    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 300


def test_words_that_are_not_known_are_told_and_the_rest_is_used() -> None:
    with pytest.warns(UnknownWordsWarning) as caught:
        text = check_text(Model(), "a red sombre zebra")

    (warning,) = caught
    assert text == "a red sombre zebra"
    assert str(warning.message).startswith(
        "the small text model does not know: sombre, zebra; it follows only: red (a real CLIP"
    )
    assert warning.filename == __file__


def test_a_text_of_nothing_but_small_words_is_taken() -> None:
    assert check_text(Model(), "a") == "a"


class Limited(Model):
    """The same model, which can say what it knows."""

    vocabulary = ("a", "photo", "red", "blue", "face")

    def known_words(self, text: str) -> list[str]:
        return [word for word in re.findall(r"\w+", text) if word in self.vocabulary]

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in re.findall(r"\w+", text) if word not in self.vocabulary]


@pytest.mark.robust(kind="N")
@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("a pirate", "pirate"),
        ("make him look like a pirate", "pirate"),
        ("a photo of a pirate face", "pirate"),
        ("70 pirates", "pirates"),
        ("пират", "пират"),
        ("!!!", ""),
        ("her", "her"),
    ],
    ids=[
        "an unknown noun",
        "an unknown noun among words of grammar",
        "an unknown noun in a prompt template",
        "a number of unknown things",
        "another script",
        "no word at all",
        "a word of grammar alone",
    ],
)
def test_a_text_followed_in_nothing_is_refused_with_the_words_that_are_known(
    text: str, lost: str
) -> None:
    with pytest.raises(OptionError) as caught:
        check_text(Limited(), text)

    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert f"knows no word of {text!r}" in message
    assert (f"(unknown: {lost})" in message) == bool(lost)
    assert message.endswith("it knows: red, blue")
    assert "--clip ViT-B-32-quickgelu --clip-weights FILE" in message


@pytest.mark.parametrize("text", ["a face", "a photo", "a", "a neutral face"])
def test_a_text_of_known_words_that_say_nothing_serves_as_the_neutral_one(text: str) -> None:
    assert check_text(Limited(), text) == text


def test_a_misspelt_word_is_met_with_the_nearest_one() -> None:
    with pytest.raises(OptionError, match="did you mean 'blue'"):
        check_text(Limited(), "bluee")


@pytest.mark.robust(kind="N", member="a text whose edit stays below 0.3 deviations")
def test_an_edit_that_hardly_did_anything_is_told() -> None:
    with pytest.warns(WeakEditWarning) as caught:
        warn_of_weak_edit("blue background", {"eye_hue": 0.12, "light": -0.05})

    (warning,) = caught
    assert str(warning.message).startswith(
        "'blue background' hardly changed anything: most moved eye hue, by +0.1 standard deviations "
        "(below 0.3); try other words, a higher --strength"
    )


@pytest.mark.parametrize(
    ("changes", "strength"),
    [({"smile": -0.31}, 1.0), ({"smile": 0.1}, 0.25), ({}, 1.0), ({"smile": 0.0}, 0.0)],
    ids=["moved", "little was asked for", "nothing measures", "strength 0"],
)
def test_an_edit_that_did_what_was_asked_is_not_warned_about(
    changes: dict[str, float], strength: float
) -> None:
    warn_of_weak_edit("red", changes, strength)  # warnings are errors here
