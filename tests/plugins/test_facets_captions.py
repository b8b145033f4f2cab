"""Captions of facets portraits: true, varied, and within their vocabulary."""

from __future__ import annotations

import random

import pytest
import torch

from dynode_facets.captions import caption, vocabulary
from dynode_facets.factors import FACTOR_NAMES, population
from dynode_facets.traits import SHARES, TRAITS, Trait
from dynode_worlds.captions import holds, percentage, words


def _people(count: int) -> list[list[float]]:
    z = torch.randn(count, 64, generator=torch.Generator().manual_seed(0))
    return population(z).tolist()


def _face(**values: float) -> list[float]:
    return [values.get(name, 0.0) for name in FACTOR_NAMES]


def _captions(face: list[float], count: int = 400) -> list[str]:
    rng = random.Random(0)
    return [caption(face, rng) for _ in range(count)]


def _true_phrases(face: list[float]) -> set[str]:
    values = dict(zip(FACTOR_NAMES, face, strict=True))
    true = [trait for trait in TRAITS if holds(trait, values)]
    return {text for t in true for text in (*t.adjectives, *t.nouns, *t.phrases, *t.hair)}


def test_every_word_of_many_captions_is_in_the_vocabulary() -> None:
    rng = random.Random(1)
    said = {word for face in _people(3000) for word in words(caption(face, rng))}

    assert said <= set(vocabulary())


def test_the_vocabulary_is_sorted_small_and_holds_every_percentage() -> None:
    vocabulary_set = set(vocabulary())

    assert list(vocabulary()) == sorted(vocabulary_set)
    assert {str(number) for number in range(101)} <= vocabulary_set
    assert len(vocabulary_set) < 400


@pytest.mark.parametrize(
    "prompt",
    [
        "smiling", "a smiling face", "angry", "an old person with gray hair", "eyes closed",
        "wearing glasses", "a person with a beard", "looking left", "head turned to the right",
        "surprised, mouth open", "blonde hair", "long hair", "a young face", "sad", "face",
        "neutral face", "a photo of a face", "a portrait of a smiling woman", "no glasses",
        "a face with glasses", "without a beard", "not smiling", "70% smile", "eyes 20% open",
        "30% closed eyes", "age 80%", "a rendering of a man with grey hair", "happy", "laughing",
        "a person with eyes closed", "red lips", "blue eyes", "big nose", "a wrinkled face",
        "a slight smile and round glasses", "eyeglasses", "dark skin", "a green background",
    ],
)  # fmt: skip
def test_what_users_type_is_in_the_vocabulary(prompt: str) -> None:
    assert set(words(prompt)) <= set(vocabulary())


@pytest.mark.parametrize(
    ("face", "phrase"),
    [
        ({"smile": 0.8}, "smiling"),
        ({"brow": 0.8}, "angry"),
        ({"age": 0.9}, "old"),
        ({"age": -0.9}, "young"),
        ({"age": 0.9}, "gray"),
        ({"eye_open": -0.95}, "eyes closed"),
        ({"glasses": 0.9}, "wearing glasses"),
        ({"glasses": -0.9}, "no glasses"),
        ({"beard": 0.9}, "beard"),
        ({"gaze": -0.9}, "looking left"),
        ({"yaw": 0.9}, "head turned to the right"),
        ({"brow": -0.8, "mouth_open": 0.8, "eye_open": 0.8}, "surprised"),
        ({"brow": -0.8, "smile": -0.8}, "sad"),
        ({"hair_lightness": 0.9, "hair_hue": 0.5, "age": -0.8}, "blonde"),
        ({"mouth_open": -0.9}, "neutral"),
        ({"smile": -0.6}, "not smiling"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_a_clear_factor_is_put_into_words(face: dict[str, float], phrase: str) -> None:
    said = _captions(_face(**face))

    assert any(phrase in text for text in said)


@pytest.mark.parametrize(
    ("face", "phrase"),
    [
        ({"smile": -0.9}, "a smile"),
        ({"glasses": -0.9}, "wearing glasses"),
        ({"beard": -0.9}, "bearded"),
        ({"age": -0.9}, "old"),
        ({"eye_open": -0.95}, "blue eyes"),
        ({"smile": 0.9, "brow": 0.9}, "an angry face"),
    ],
)
def test_what_is_not_so_is_not_said(face: dict[str, float], phrase: str) -> None:
    truth = _true_phrases(_face(**face))

    assert phrase not in truth


def test_a_stronger_smile_is_said_more_strongly() -> None:
    slight, broad = _true_phrases(_face(smile=0.3)), _true_phrases(_face(smile=0.9))

    assert "a slight smile" in slight - broad
    assert "a big smile" in broad - slight


@pytest.mark.parametrize("share", SHARES, ids=lambda share: f"{share.factor}-{share.end}")
def test_percentages_run_from_nothing_to_all(share) -> None:
    middle = (share.start + share.end) / 2

    told = [percentage(share, value) for value in (share.start, middle, share.end)]

    assert told == [0, 50, 100]


def test_percentages_are_those_of_the_face() -> None:
    said = _captions(_face(smile=0.7), 3000)

    assert any("70% smile" in text for text in said)
    assert not any("30% smile" in text for text in said)


def test_many_captions_mention_a_single_thing() -> None:
    faces = _people(1000)
    rng = random.Random(0)

    short = [text for text in (caption(face, rng) for face in faces) if len(words(text)) <= 3]

    assert len(short) > 100


def test_man_and_woman_are_said_only_where_the_picture_suggests_it() -> None:
    bearded = " ".join(_captions(_face(beard=0.9))).split()
    unclear = " ".join(_captions(_face(beard=0.0, hair_length=0.0))).split()

    assert "man" in bearded
    assert "woman" not in bearded
    assert not {"man", "woman", "guy", "lady"} & set(unclear)


def test_the_same_state_of_chance_gives_the_same_words() -> None:
    face = _people(1)[0]

    assert caption(face, random.Random(5)) == caption(face, random.Random(5))


def test_tensors_and_lists_are_described_alike() -> None:
    face = _people(1)[0]

    assert caption(torch.tensor(face), random.Random(2)) == caption(face, random.Random(2))


@pytest.mark.parametrize("trait", TRAITS, ids=lambda trait: "-".join(map(str, trait.when[0])))
def test_every_trait_occurs_in_the_population(trait: Trait) -> None:
    people = [dict(zip(FACTOR_NAMES, face, strict=True)) for face in _people(400)]

    assert any(holds(trait, values) for values in people)
