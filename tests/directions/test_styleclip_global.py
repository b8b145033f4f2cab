"""StyleCLIP's global directions, against the published code and plain reimplementations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import dynode
from dynode import plugins
from dynode.direction.style import StyleDirection
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator
from dynode.options import build_options
from dynode.plugins.methods import silent
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode.testing.stand_ins import ColourModel, stand_ins
from dynode.text import text_axis
from dynode_styleclip import global_direction
from dynode_styleclip.beta import beta_for, published_beta
from dynode_styleclip.cache import ChannelCache
from dynode_styleclip.exact import channel_directions, unit_differences
from dynode_styleclip.fs3 import relevance_direction
from dynode_styleclip.gradient import gradient_relevance, principal_directions
from dynode_styleclip.options import GlobalOptions
from dynode_styleclip.plugin import GlobalDirections
from dynode_styleclip.statistics import StyleStatistics, chosen_layers, measure_styles


@pytest.fixture
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=4, seed=2)


@pytest.fixture(autouse=True)
def _model_and_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(global_direction, "load_text_model", lambda *a, **k: ColourModel())
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))


def find(generator: Generator, **given: Any) -> StyleDirection:
    values = {"text": "red", "neutral": "face", "images": 3, "channels": 5, **given}
    options = build_options(GlobalOptions, values, owner="styleclip-global")
    found = GlobalDirections().find(generator, options, seed=0, progress=silent)
    assert isinstance(found, StyleDirection)
    return found


def naive_rows(generator: Generator, images: int, spread: StyleStatistics) -> Tensor:
    """Channel directions, every render from the start: (channels, d)."""
    codes = draw_population(generator, images, seed=0, truncation=0.7).latents
    styles = generator.styles(codes)
    rows = []
    for layer, means in spread.means.items():
        for channel in range(len(means)):
            seen = []
            for side in (-5.0, 5.0):
                wanted = means[channel] + side * spread.deviations[layer][channel]
                offset = torch.zeros_like(styles[layer])
                offset[:, channel] = wanted - styles[layer][:, channel]
                drawn = generator.synthesize(codes.add_styles({layer: offset}))
                seen.append(ColourModel().encode_images(drawn))
            rows.append(functional.normalize(seen[1] - seen[0], dim=1).mean(0))
    return functional.normalize(torch.stack(rows), dim=1)


def test_channel_directions_equal_the_published_ones(reference_case: Callable) -> None:
    reference = reference_case("styleclip-fs3")

    moved = unit_differences(torch.from_numpy(reference.inputs["features"]))

    fs3 = functional.normalize(moved.mean(1), dim=1)
    torch.testing.assert_close(
        fs3, torch.from_numpy(reference.outputs["fs3"]), **reference.case["tolerance"]
    )


class StoredTexts:
    """Gives back the embeddings of a published case."""

    def __init__(self, embeddings: Tensor) -> None:
        self._embeddings = embeddings

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        index = 0 if "target" in texts[0] else 1
        assert len(texts) == len(self._embeddings[index])
        return functional.normalize(self._embeddings[index], dim=1)


def test_texts_thresholds_and_edited_styles_equal_the_published_ones(
    reference_case: Callable,
) -> None:
    case, states, _, outputs = reference_case("styleclip-global")
    config, state = case["config"], states["stylespace"]
    sizes = config["stylespace_dimensions"]
    fs3 = functional.normalize(torch.from_numpy(state["fs3"]), dim=1)
    layers = [str(index) for index in config["conv_indices"]]
    spread = dict(
        zip(map(str, range(26)), torch.from_numpy(state["s_std"]).split(sizes), strict=True)
    )
    kept = {name: spread[name] for name in layers}

    axis = text_axis(StoredTexts(torch.from_numpy(state["text_embeddings"])), "target", "neutral")  # type: ignore[arg-type]
    flat = fs3 @ axis
    counts = [int((flat.abs() >= 0.1 + 0.01 * i).sum()) for i in range(20)]
    beta = published_beta(flat.abs(), config["c_threshold"])
    relevance = dict(zip(layers, flat.split([len(part) for part in kept.values()]), strict=True))
    direction = relevance_direction(relevance, kept, beta=config["beta"])

    tolerance = case["tolerance"]
    torch.testing.assert_close(axis, torch.from_numpy(outputs["dt"]), **tolerance)
    assert counts == outputs["channels_per_beta"][:20].tolist()
    assert beta == pytest.approx(float(outputs["auto_beta"][0]))
    moved = torch.cat([direction.delta.get(n, torch.zeros_like(p)) for n, p in spread.items()])
    alphas = torch.tensor(config["alpha"])[None, :, None]
    codes = torch.from_numpy(state["s_codes"])[:, None] + alphas * moved
    torch.testing.assert_close(codes, torch.from_numpy(outputs["codes"]), **tolerance)


def test_gradient_relevance_is_the_mean_cosine_of_the_jacobian(generator: StyleGAN2) -> None:
    model, axis = ColourModel(), text_axis(ColourModel(), "red", "face")
    spread = measure_styles(generator, seed=0, truncation=0.7)
    codes = generator.sample(3, seed=1)

    rows = principal_directions(generator, model, seed=0, truncation=0.7)
    found = gradient_relevance(generator, model, axis, codes, spread, rows=rows, progress=silent)

    flat = torch.cat(list(spread.deviations.values()))

    def seen(offset: Tensor) -> Tensor:
        parts = (offset * flat).split([len(part) for part in spread.means.values()], dim=1)
        moved = codes.add_styles(dict(zip(spread.means, parts, strict=True)))
        return model.encode_images(generator.synthesize(moved))

    jacobian = torch.func.jacrev(lambda x: seen(x).sum(0))(torch.zeros(3, len(flat)))
    mean = functional.normalize(jacobian, dim=0).mean(1)
    expected = axis @ functional.normalize(mean, dim=0)
    # All of the embedding's four dimensions are measured, so nothing but float32 rounding differs.
    torch.testing.assert_close(torch.cat(list(found.values())), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("in_blocks", [True, False], ids=["prefix kept", "drawn whole"])
def test_exact_channel_directions_equal_rendering_everything(
    generator: StyleGAN2, tmp_path: Path, in_blocks: bool
) -> None:
    spread = measure_styles(generator, seed=0, truncation=0.7)
    codes = draw_population(generator, 2, seed=0, truncation=0.7).latents
    drawn = generator if in_blocks else Opaque(generator)

    rows = channel_directions(
        drawn, ColourModel(), codes, spread, cache=ChannelCache(tmp_path / "c"), progress=silent
    )

    # The same float32 convolutions in batches of another size; differences are made unit length.
    torch.testing.assert_close(rows, naive_rows(generator, 2, spread), atol=2e-4, rtol=0)


class Opaque:
    """A generator that only keeps the protocol and cannot be run block by block."""

    def __init__(self, generator: Generator) -> None:
        self.info, self.device, self.dtype = generator.info, generator.device, generator.dtype
        self.mean_w, self.map, self.sample = generator.mean_w, generator.map, generator.sample
        self.styles, self.synthesize, self.to = generator.styles, generator.synthesize, generator.to


def test_an_interrupted_measurement_goes_on_to_the_same_end(
    generator: StyleGAN2, tmp_path: Path
) -> None:
    spread = measure_styles(generator, seed=0, truncation=0.7).only(("b8.conv0", "b16.conv1"))
    codes = draw_population(generator, 3, seed=0, truncation=0.7).latents

    def stop(done: int, total: int, message: str = "") -> None:
        if done > total * 0.5:
            raise KeyboardInterrupt

    def run(name: str, progress: Any) -> Tensor:
        cache = ChannelCache(tmp_path / name)
        return channel_directions(
            generator, ColourModel(), codes, spread, cache=cache, progress=progress
        )

    with pytest.raises(KeyboardInterrupt):
        run("stopped", stop)
    first = ChannelCache(tmp_path / "stopped").read()[0]

    assert first == 1
    assert torch.equal(run("stopped", silent), run("whole", silent))


def test_kept_channel_directions_serve_every_text_without_a_render(
    generator: StyleGAN2, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(generator, relevance="exact", calibrate=False)
    monkeypatch.setattr("dynode_styleclip.exact.ChannelRenders", None)

    again = find(generator, relevance="exact", calibrate=False, text="blue")

    assert again.info.name == "blue"


def test_pictures_show_one_deviation_more_of_the_text(generator: StyleGAN2) -> None:
    found = find(generator, channels=20)

    assert found.info.calibration.effect == pytest.approx(1.0, abs=0.05)
    assert found.info.options["channels"] == 20
    assert "20 style channels of relevance" in found.info.unit
    model, axis = ColourModel(), text_axis(ColourModel(), "red", "face")
    codes = generator.sample(8, seed=5)
    before = model.encode_images(generator.synthesize(codes)) @ axis
    after = model.encode_images(generator.synthesize(found.apply(codes, 1.0))) @ axis
    assert float((after - before).mean()) > 0


def test_beta_leaves_the_asked_number_of_channels() -> None:
    relevance = torch.tensor([0.0, 0.4, 0.1, 0.3, 0.2])

    assert [beta_for(relevance, count) for count in (1, 2, 9)] == pytest.approx([0.4, 0.3, 0.1])


def test_the_scorer_chooses_the_number_of_channels_that_leaks_least(
    generator: StyleGAN2,
) -> None:
    with stand_ins():
        chosen = find(generator, beta_by="scorer", attribute="warm")
        others = [find(generator, channels=count, attribute="warm") for count in (10, 20)]

    measured = [found.info.calibration for found in others]
    leakages = [told.mean_leakage for told in measured if told.effect]  # where 1 can be reached
    assert chosen.info.calibration.attribute == "warm"
    assert chosen.info.calibration.effect == pytest.approx(1.0, abs=0.05)
    assert chosen.info.calibration.mean_leakage == pytest.approx(min(leakages))


def test_layers_are_named_or_taken_by_block(generator: StyleGAN2) -> None:
    found = find(generator, layers="b8,b16.conv0", channels=100, calibrate=False)

    assert set(found.delta) == {"b8.conv0", "b8.conv1", "b16.conv0"}
    assert chosen_layers(generator.info, ()) == (
        "b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": ""}, "the text is empty"),
        ({"text": "red " * 2500}, "characters; expected at most 1000"),
        ({"text": "xyzzy"}, "knows no word of 'xyzzy'"),
        ({"text": "red", "neutral": "red"}, "mean the same to the model; make --text and"),
        (
            {"beta": 0.9999},
            r"no style channel has relevance 0\.9999; the highest is .*; try --beta",
        ),
        ({"layers": "b8.torgb"}, "unknown style layer 'b8.torgb'; did you mean"),
        ({"beta_by": "scorer"}, "--beta-by scorer needs --attribute"),
    ],
    ids=["empty", "long", "unknown", "neutral", "beta", "layer", "scorer"],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    generator: StyleGAN2, given: dict[str, Any], message: str
) -> None:
    with pytest.raises((OptionError, UnknownNameError), match=message) as caught:
        find(generator, **given)

    assert "\n" not in str(caught.value)


def test_the_command_line_says_which_threshold_was_chosen(
    generator: StyleGAN2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = plugins.registry()
    write_tiny_generator(tmp_path / "g.safetensors", generator)
    with registry.directions.restored():
        registry.directions.add(GlobalDirections(), "dynode_styleclip")
        arguments = ["--text", "red", "--neutral", "face", "--images", "2", "--channels", "7"]
        arguments += ["--generator", str(tmp_path / "g.safetensors")]
        edit = ["edit", "--plugin", "styleclip-global", *arguments]
        edited = run_command([*edit, "-o", tmp_path / "red.png"])
        find_it = ["find", "styleclip-global", *arguments]
        found = run_command([*find_it, "-o", tmp_path / "red.safetensors"])
        again = ["edit", "--direction", f"{tmp_path / 'red.safetensors'}:1.5", *arguments[-2:]]
        reused = run_command([*again, "-o", tmp_path / "again.png"])

    for result in (edited, found):
        assert result.exit_code == 0, result.stderr
        assert "7 style channels of relevance 0." in result.stderr
    assert reused.exit_code == 0, reused.stderr


@pytest.mark.installed_plugins
def test_a_network_without_styles_is_refused_in_one_line() -> None:
    network = torch.nn.Sequential(torch.nn.ConvTranspose2d(4, 3, 8))
    module = dynode.wrap_module(network, input_shape=(4, 1, 1))

    for ask in (
        lambda: chosen_layers(module.info, ()),
        lambda: measure_styles(module, seed=0, truncation=1.0),
        lambda: dynode.find("styleclip-mapper", module, text="red"),  # no model is asked for first
        lambda: dynode.find("styleclip-global", module, text="red"),
    ):
        with pytest.raises(OptionError, match="has no style channels to move"):
            ask()
