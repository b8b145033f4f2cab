"""The bundled small CLIP, the truth it was trained on, and its recipe on a few steps."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode.errors import MissingWeightsError, OptionError, UnsupportedCheckpointError
from dynode.files import load_tensors, save_tensors
from dynode.text import UnknownWordsWarning, check_text
from dynode_clip.model import OpenClipModel
from dynode_facets import bundled
from dynode_facets.bundled import weights_path
from dynode_facets.captions import vocabulary
from dynode_facets.evaluation import (
    CONTRASTS,
    degree_order,
    embedded,
    held_out,
    leakage,
    zero_shot,
)
from dynode_facets.factors import FACTOR_NAMES, factor_index
from dynode_facets.text import load_clip
from dynode_facets.training.clip import ClipRecipe, train_clip
from dynode_facets.world import FACETS
from dynode_worlds.sphere import Aim, caption_code, picture_codes
from dynode_worlds.text import WordTokenizer
from dynode_worlds.training.truth import draw_caption

TINY = ClipRecipe(
    steps=4, batch=4, captions=4, pictures=16, sentences=16, steps_each=3, synthesized=0.0
)


@pytest.fixture(scope="module")
def model() -> OpenClipModel:
    return load_clip("cpu")


@pytest.fixture(scope="module")
def portraits(model: OpenClipModel) -> tuple[Tensor, Tensor]:
    images, factors = held_out(512, seed=11)
    return embedded(model, images), factors


def test_prompts_tell_the_ends_of_at_least_fourteen_factors_apart(
    model: OpenClipModel, portraits: tuple[Tensor, Tensor]
) -> None:
    found = zero_shot(model, *portraits)

    assert sum(value >= 0.9 for value in found.values()) >= 14, found


def test_percentages_are_understood_in_order(
    model: OpenClipModel, portraits: tuple[Tensor, Tensor]
) -> None:
    found = degree_order(model, *portraits)

    assert min(found.values()) >= 0.8, found


@pytest.mark.parametrize(
    ("text", "factor"),
    [("smiling", "smile"), ("a person with glasses", "glasses"), ("an old face", "age")],
)
def test_a_text_pulls_on_what_it_says_more_than_on_everything_else(
    model: OpenClipModel, portraits: tuple[Tensor, Tensor], text: str, factor: str
) -> None:
    shares = leakage(model, *portraits, text)

    # Every other slope, estimated from 512 portraits, is wrong by about a percent.
    assert shares[factor] >= 0.65, shares
    assert max(share for name, share in shares.items() if name != factor) <= 0.08, shares


def test_every_prompt_of_the_evaluation_uses_known_words(model: OpenClipModel) -> None:
    prompts = [prompt for contrast in CONTRASTS for prompt in (contrast.high, contrast.low)]

    assert [word for prompt in prompts for word in model.unknown_words(prompt)] == []


def test_known_and_unknown_words_are_told_apart(model: OpenClipModel) -> None:
    assert model.unknown_words("a smiling wombat, 30%") == ["wombat"]
    assert model.known_words("a smiling wombat, 30%") == ["a", "smiling", "30", "%"]


def test_unknown_words_do_not_change_an_embedding(model: OpenClipModel) -> None:
    plain, odd = model.encode_texts(["a smiling face", "a smiling wombat face"])

    torch.testing.assert_close(plain, odd)


def test_own_normalisation_leaves_pictures_as_they_are(model: OpenClipModel) -> None:
    images = torch.rand(2, 3, 64, 64) * 2 - 1

    # (x + 1) / 2 and back costs a rounding.
    torch.testing.assert_close(
        model.encode_images(images), model.encode_images(images, normalize=False), rtol=0, atol=1e-5
    )


def test_the_bundled_file_is_small() -> None:
    assert weights_path("clip").stat().st_size <= 8_000_000


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundled, "_FOLDER", tmp_path)

    with pytest.raises(MissingWeightsError, match="dynode facets train clip"):
        load_clip("cpu")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    save_tensors({"other": torch.zeros(1)}, tmp_path / "other.safetensors", {})

    with pytest.raises(UnsupportedCheckpointError, match="other.safetensors is not a facets CLIP"):
        load_clip("cpu", weights=tmp_path / "other.safetensors")


def test_words_are_numbered_between_start_and_end() -> None:
    tokenizer = WordTokenizer(("a", "face", "smiling"), context_length=6)

    numbers = tokenizer(["a wombat face", "a a a a a a a"])

    assert numbers.tolist() == [[4, 1, 2, 5, 0, 0], [4, 1, 1, 1, 1, 5]]


def test_no_caption_is_longer_than_the_context() -> None:
    rng = random.Random(0)
    tokenizer = WordTokenizer(vocabulary(), context_length=32)
    factors = (
        torch.rand(2000, len(FACTOR_NAMES), generator=torch.Generator().manual_seed(0)) * 2 - 1
    )

    numbers = tokenizer([draw_caption(FACETS, row, rng)[0] for row in factors.tolist()])

    # The last place is the end mark at most.
    assert set(numbers[:, -1].tolist()) <= {0, tokenizer.size - 1}
    assert int((numbers[:, -1] > 0).sum()) <= 2


def test_a_portrait_agrees_fully_with_itself_and_less_with_others() -> None:
    factors = torch.zeros(3, len(FACTOR_NAMES))
    factors[1, 0], factors[2, 0] = 0.5, 1.0

    codes = picture_codes(factors)

    shares = (codes @ codes[0]).tolist()
    count = len(FACTOR_NAMES)
    # One of the planes turned by 0, 0.6 and 1.2 rad.
    expected = [1 - (1 - torch.tensor(angle).cos().item()) / count for angle in (0.0, 0.6, 1.2)]
    assert shares == pytest.approx(expected, abs=1e-6)


def test_a_caption_agrees_most_where_it_is_true_and_ignores_the_rest() -> None:
    code = caption_code(FACTOR_NAMES, [[Aim("smile", 0.6, 1.0)]])
    factors = torch.rand(50, len(FACTOR_NAMES), generator=torch.Generator().manual_seed(0)) * 2 - 1
    factors[:, factor_index("smile")] = torch.linspace(-1, 1, 51)[:50]

    agreement = picture_codes(factors) @ code

    assert int(agreement.argmax()) == 40  # the row whose smile is 0.6
    smile = factors[:, factor_index("smile")]
    expected = torch.cos(1.2 * (smile - 0.6)) / len(FACTOR_NAMES) ** 0.5
    torch.testing.assert_close(agreement, expected)


def test_captions_agree_with_their_own_portrait_more_than_with_most_others() -> None:
    rng = random.Random(0)
    factors = torch.rand(200, len(FACTOR_NAMES), generator=torch.Generator().manual_seed(0)) * 2 - 1
    codes = torch.stack([draw_caption(FACETS, row, rng)[1] for row in factors.tolist()])

    agreement = picture_codes(factors) @ codes.t()

    own = agreement.diagonal()
    assert float((agreement < own).float().mean()) > 0.85


def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path: Path) -> None:
    train_clip(tmp_path / "a.safetensors", TINY, folder=tmp_path / "a")

    train_clip(tmp_path / "b.safetensors", TINY, folder=tmp_path / "b", until=2)
    train_clip(tmp_path / "b.safetensors", TINY, folder=tmp_path / "b", force=True)

    # The order of the metadata in the header is the writer's own, so not the bytes are compared.
    first, head = load_tensors(tmp_path / "a.safetensors")
    second, other_head = load_tensors(tmp_path / "b.safetensors")
    assert head == other_head
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.robust(kind="N")
@pytest.mark.parametrize(
    "text",
    ["wizard", "a photo of a good elf", "she looks like a queen", "улыбка", "☺", "smilling"],
    ids=[
        "an unknown noun, bundled model",
        "an unknown noun with an adjective of templates",
        "an unknown noun in a sentence",
        "a known word in another language",
        "a smiling symbol",
        "a misspelt word",
    ],
)
def test_words_the_bundled_model_does_not_know_are_refused(model: OpenClipModel, text: str) -> None:
    with pytest.raises(OptionError, match=r"knows no word of .*; it knows: age, .*, young"):
        check_text(model, text)


@pytest.mark.robust(kind="N")
@pytest.mark.parametrize(
    ("text", "lost", "followed"),
    [
        ("a smiling pirate", "pirate", "smiling"),
        ("an old wizard with a long beard", "wizard", "old, long, beard"),
        ("café, blue eyes", "café", "blue, eyes"),
    ],
    ids=["a known adjective", "three known words", "an accent"],
)
def test_what_the_bundled_model_follows_of_a_text_is_told(
    model: OpenClipModel, text: str, lost: str, followed: str
) -> None:
    with pytest.warns(UnknownWordsWarning) as caught:
        check_text(model, text)

    assert f"does not know: {lost}; it follows only: {followed} (" in str(caught[0].message)


def test_every_prompt_of_the_evaluation_is_understood(model: OpenClipModel) -> None:
    for contrast in CONTRASTS:  # warnings are errors here
        assert check_text(model, contrast.high) == contrast.high
        assert check_text(model, contrast.low) == contrast.low
