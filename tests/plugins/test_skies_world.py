"""The skies world: population, motions, captions, data sets, its command and its recipe."""

from __future__ import annotations

import io
import json
import math
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import dynode
from dynode.cli import run
from dynode.errors import UnsupportedCheckpointError
from dynode.latents import Latents
from dynode_skies.captions import caption, described, vocabulary
from dynode_skies.clips import MOTIONS
from dynode_skies.dataset import render_dataset
from dynode_skies.factors import FACTOR_NAMES, FACTORS, POPULATION, population
from dynode_skies.training.generator import GeneratorRecipe, train_generator
from dynode_skies.training.scorer import ScorerRecipe, train_scorer
from dynode_skies.traits import TRAITS
from dynode_skies.w_space import code_of, factors_of
from dynode_skies.world import SKIES
from dynode_worlds.captions import holds, percentage, words
from dynode_worlds.motion import irregular_times, regular_times
from dynode_worlds.scorer import WorldScorer, read_scorer
from dynode_worlds.traits import Share

MOVING = {
    "clouds passing": "cloud_drift",
    "sunset": "sun_height",
    "nightfall": "night",
    "tide": "water",
    "gusts": "wind",
    "turning": "turn",
    "fog": "haze",
}


def _population(count: int, z_dim: int = 64) -> torch.Tensor:
    return population(torch.randn(count, z_dim, generator=torch.Generator().manual_seed(0)))


def test_the_population_correlates_as_planted_and_no_more() -> None:
    # Uniform marginals of a Gaussian with correlation r correlate by 6/pi asin(r/2).
    expected = 6 / math.pi * np.arcsin(POPULATION.correlation / 2)

    found = torch.corrcoef(_population(20_000).t()).numpy()

    # Standard error at 20,000 draws: 0.007.
    assert np.abs(found - expected).max() < 0.035
    assert found[FACTOR_NAMES.index("cloud_cover"), FACTOR_NAMES.index("haze")] > 0.4


def test_codes_give_their_factors_back() -> None:
    factors = _population(8).double()

    torch.testing.assert_close(factors_of(code_of(factors)), factors)


@pytest.mark.parametrize("motion", list(MOTIONS))
def test_a_motion_moves_what_it_is_named_for(motion: str) -> None:
    start = 0.2 * _population(1)[0]
    times = regular_times(12.0, 8.0)

    path = SKIES.trajectory(motion, start, times, seed=1)
    span = path.amax(0) - path.amin(0)

    assert path.abs().max() <= 1
    torch.testing.assert_close(path[0], start)
    assert FACTOR_NAMES[int(span.argmax())] == MOVING[motion]
    assert int((span > 0).sum()) <= 2


def test_irregular_times_sample_the_same_motion() -> None:
    start = 0.2 * _population(1)[0]
    times = irregular_times(8.0, 9, seed=2)

    whole = SKIES.trajectory("sunset", start, times, seed=3)
    part = SKIES.trajectory("sunset", start, times[4:5], seed=3)

    torch.testing.assert_close(part[0], whole[4])


def test_captions_are_true_and_of_known_words() -> None:
    rng = random.Random(0)
    known = set(vocabulary())

    for row in _population(300).tolist():
        text, said = described(row, rng)
        values = dict(zip(FACTOR_NAMES, row, strict=True))
        assert set(words(text)) <= known, text
        for item in said:
            if isinstance(item, Share):
                assert 1 <= percentage(item, values[item.factor]) <= 100
            else:
                assert holds(item, values), (text, item)


def test_every_landscape_has_something_to_say() -> None:
    middle = dict.fromkeys(FACTOR_NAMES, 0.0)

    assert any(holds(trait, middle) for trait in TRAITS)
    assert caption([0.0] * len(FACTORS), random.Random(0))


@pytest.mark.parametrize("trait", TRAITS, ids=lambda trait: trait.everything()[0].replace(" ", "-"))
def test_a_trait_names_factors_there_are(trait) -> None:
    assert {name for name, _, _ in trait.when} <= set(FACTOR_NAMES)
    assert all(-1 <= low < high <= 1 for _, low, high in trait.when)


def test_a_data_set_of_clips_holds_all_motions_in_turn(tmp_path: Path) -> None:
    path = render_dataset(7, tmp_path / "a.zip", 3, resolution=8, kind="clips", frames=2, fps=1)

    with zipfile.ZipFile(path) as archive:
        arrays = np.load(io.BytesIO(archive.read("factors.npz")))
        lines = [json.loads(line) for line in archive.read("captions.jsonl").splitlines()]

    assert [line["motion"] for line in lines] == list(MOTIONS)
    assert arrays["factors"].shape == (7, 2, len(FACTORS))
    assert arrays["names"].tolist() == list(FACTOR_NAMES)


@pytest.mark.installed_plugins
def test_the_command_gives_the_same_bytes_for_one_seed(tmp_path: Path) -> None:
    paths = [tmp_path / "a.zip", tmp_path / "b.zip"]

    codes = [
        run(["skies", "render", "--count", "2", "--resolution", "16", "-o", str(path)])
        for path in paths
    ]

    assert codes == [0, 0]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_recipe_gives_a_generator_of_landscapes(tmp_path: Path) -> None:
    recipe = GeneratorRecipe(
        resolution=16, channels=(8, 8, 8), steps=(4,), batch=(4,), learning_rate=0.02
    )
    output = tmp_path / "generator.safetensors"

    train_generator(output, recipe, folder=tmp_path, held_out=4, threads=1)
    generator = dynode.load_generator(output)
    z = torch.randn(1, 512, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mapped = generator.map(z)
        image = generator.synthesize(Latents(mapped.w))

    assert (generator.info.name, generator.info.domain) == ("skies-16", "skies")
    assert image.shape == (1, 3, 16, 16)
    # The mapping network is written down: largest error 0.007 of a range of 2, and 3 % of a score.
    assert (factors_of(mapped.w[:, 0]) - population(z)).abs().max() < 0.05


TINY_SCORER = ScorerRecipe(steps=3, batch=4, width=4, pictures=16, steps_each=3, synthesized=0.0)


def test_the_scorer_recipe_gives_one_column_a_factor(tmp_path: Path) -> None:
    output = tmp_path / "scorer.safetensors"

    train_scorer(output, TINY_SCORER, folder=tmp_path / "run")
    scorer = WorldScorer(read_scorer(output, len(FACTORS), world="skies"), FACTOR_NAMES)

    assert scorer.score(torch.zeros(2, 3, 100, 100)).shape == (2, len(FACTORS))
    with pytest.raises(UnsupportedCheckpointError, match="not a facets scorer"):
        read_scorer(output, 23, world="facets")
