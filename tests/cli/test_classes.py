"""`--class` of conditional generators; truncation cutoff and mixed styles of `dynode generate`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import OptionError, UsageError
from dynode.generator.classes import choose_class
from dynode.generator.population import draw_population
from dynode.media.images import to_uint8
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode.testing import run_command, tiny_generator

NAMES = ["cat", "dog", "car"]
SIDE = 16


@pytest.fixture
def conditional(folder: Path) -> Path:
    """A file of a generator of three classes with names."""
    network = tiny_generator(SIDE, w_dim=16, c_dim=3, channels=8).network
    checkpoint = Checkpoint(
        "dynode",
        network.config,
        dict(network.state_dict()),
        metadata={"name": "zoo", "classes": json.dumps(NAMES)},
    )
    write_checkpoint(checkpoint, folder / "zoo.safetensors", "dynode")
    return folder / "zoo.safetensors"


def labelled(path: Path, seed: int, index: int, truncation: float = 0.7) -> torch.Tensor:
    """Draw a seed with its label given by hand, as the published script does."""
    generator = dynode.load_generator(path)
    z = torch.from_numpy(np.random.RandomState(seed).randn(1, 16).astype(np.float32))
    return generator.synthesize(generator.map(z, c=torch.eye(3)[[index]], truncation=truncation))


@pytest.mark.robust(kind="F", member="one class of a conditional generator, by number and name")
@pytest.mark.parametrize("wanted", ["2", "car"])
def test_generate_draws_the_class(conditional: Path, wanted: str) -> None:
    arguments = ["--generator", conditional, "--seeds", "5", "--class", wanted, "-o", "a.png"]

    result = run_command(["generate", *map(str, arguments)])

    assert result.exit_code == 0, result.stderr
    expected = to_uint8(labelled(conditional, 5, 2))[0].numpy().astype(int)
    with Image.open("a.png") as image:
        assert np.abs(np.asarray(image).astype(int) - expected).max() <= 1


@pytest.mark.robust(kind="F")
@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        pytest.param("3", "no class '3'; its 3 classes are 0 to 2", id="a class that is not there"),
        pytest.param("-1", "no class '-1'", id="a negative class"),
        pytest.param("dogg", "did you mean dog", id="a class that is misspelt"),
    ],
)
def test_a_class_that_is_not_there_is_refused(conditional: Path, wanted: str, words: str) -> None:
    result = run_command(["generate", "--generator", str(conditional), f"--class={wanted}"])

    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.robust(kind="F", member="a class of a generator without classes")
def test_a_generator_without_classes_refuses_one() -> None:
    with pytest.raises(UsageError, match="has no classes; leave --class out"):
        choose_class(tiny_generator(SIDE), 0)


def test_whatever_is_sampled_is_of_the_class(conditional: Path) -> None:
    one = dynode.load_generator(conditional, class_index="dog")

    population = draw_population(one, 4, seed=1)

    assert population.labels is not None
    assert torch.equal(population.labels, torch.eye(3)[[1, 1, 1, 1]])
    assert one.info.class_index == 1 and one.info.class_names == tuple(NAMES)
    drawn = one.synthesize(one.sample(1, seed=7, truncation=0.7))
    torch.testing.assert_close(drawn, labelled(conditional, 7, 1), rtol=0, atol=1e-5)


@pytest.mark.robust(kind="F", member="edit, find and animate keep to the class")
@pytest.mark.installed_plugins
def test_edit_find_and_animate_keep_to_the_class(conditional: Path) -> None:
    common = ["--generator", str(conditional), "--class", "car", "--seed", "4"]
    for arguments in (
        ["find", "sefa", "--count", "1", "-o", "d.safetensors"],
        ["edit", "--direction", "d.safetensors", "-o", "e.png"],
        ["animate", "--direction", "d.safetensors", "--frames", "3", "-o", "a.gif"],
    ):
        result = run_command([*arguments, *common])
        assert result.exit_code == 0, result.stderr

    edited = dynode.edit(
        directions=["d.safetensors"], generator=conditional, class_index="car", seed=4
    )
    torch.testing.assert_close(edited.before.cpu(), labelled(conditional, 4, 2), rtol=0, atol=1e-5)


@pytest.mark.robust(kind="F", member="info lists the classes and where the mean code is from")
def test_info_tells_classes_and_mean_code(conditional: Path) -> None:
    told = run_command(["generators", "info", str(conditional)]).stdout
    facts = json.loads(run_command(["generators", "info", str(conditional), "--json"]).stdout)

    assert "3: cat, dog, car" in told
    assert "stored in the file" in told
    assert (facts["c_dim"], facts["mean_code"]) == (3, "stored")


def test_a_cutoff_truncates_the_first_rows_only(conditional: Path) -> None:
    generator = dynode.load_generator(conditional, class_index=0)

    cut = dynode.generate([3], generator=generator, truncation=0.5, truncation_cutoff=2).latents.w

    whole = generator.sample(1, seed=3, truncation=1).w
    pulled = generator.mean_w + 0.5 * (whole - generator.mean_w)
    torch.testing.assert_close(cut[:, :2], pulled[:, :2], rtol=0, atol=1e-6)
    torch.testing.assert_close(cut[:, 2:], whole[:, 2:], rtol=0, atol=1e-6)
    with pytest.raises(OptionError, match="expected 0 to 6, the rows of zoo"):
        dynode.generate([3], generator=generator, truncation_cutoff=7)


def test_styles_are_mixed_a_column_for_each(conditional: Path) -> None:
    generator = dynode.load_generator(conditional, class_index=0)

    made = dynode.generate([1, 2], generator=generator, mix="8,9,10", mix_rows="0-1,4")
    made.save("m.png")

    own, styles = (
        torch.cat([generator.sample(1, seed=seed).w for seed in seeds])
        for seeds in ([1, 2], [8, 9, 10])
    )
    table = made.latents.w.view(2, 4, 6, 16)
    for seed in range(2):
        torch.testing.assert_close(table[seed, 0], own[seed], rtol=0, atol=1e-6)
        for style in range(3):
            mixed = own[seed].clone()
            mixed[[0, 1, 4]] = styles[style][[0, 1, 4]]
            torch.testing.assert_close(table[seed, 1 + style], mixed, rtol=0, atol=1e-6)
    with Image.open("m.png") as image:
        assert image.size == (4 * SIDE + 3 * 2, 2 * SIDE + 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mix_rows": "0-1"}, "is for mixed styles"),
        ({"mix": "1", "mix_rows": "0-6"}, "rows of this generator are 0-5"),
        ({"mix": "x"}, "--mix is 'x'"),
    ],
)
def test_mixing_that_cannot_be_is_refused(
    conditional: Path, options: dict[str, str], words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        dynode.generate([1], generator=conditional, class_index=0, **options)


def convert(source: Path, target: str, *more: str) -> object:
    return run_command(["generators", "convert", str(source), target, *more])


@pytest.mark.robust(kind="F", member="names of classes are written and read")
def test_names_of_classes_are_written(conditional: Path) -> None:
    Path("names.txt").write_text("ship\nhorse\n\nfrog\n", encoding="utf-8")

    result = convert(conditional, "named.safetensors", "--class-names", "names.txt")

    assert result.exit_code == 0, result.stderr
    assert dynode.load_generator("named.safetensors").info.class_names == ("ship", "horse", "frog")


@pytest.mark.robust(kind="F", member="names of classes survive a conversion, or are named")
def test_names_of_classes_survive_a_conversion(conditional: Path) -> None:
    kept = convert(conditional, "kept.safetensors")
    lost = convert(conditional, "lost.pkl")

    assert dynode.load_generator("kept.safetensors").info.class_names == tuple(NAMES)
    assert kept.stderr == ""
    assert "the names of the 3 classes are left out: the layout nvlabs has no room" in lost.stderr


@pytest.mark.robust(kind="F", member="too few names of classes")
@pytest.mark.parametrize("names", ["ship\nhorse\n", "ship\nship\nfrog\n"])
def test_names_that_do_not_fit_are_refused(conditional: Path, names: str) -> None:
    Path("names.txt").write_text(names, encoding="utf-8")

    result = convert(conditional, "named.safetensors", "--class-names", "names.txt")

    assert result.exit_code == 2
    assert "2 different names are given for 3 classes" in result.stderr
    assert not Path("named.safetensors").exists()
