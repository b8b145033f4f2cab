"""`dynode mix`: rows of one code with the other rows of another, by hand and by the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
import dynode_make
from dynode.errors import OptionError
from dynode.generator.rows import parse_rows
from dynode.latents import LowRankOffset, WeightOffset
from dynode.media.images import to_uint8
from dynode.testing import run_command, tiny_generator, write_tiny_generator

SIDE = 16


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_tiny_generator(tmp_path / "tiny.safetensors", tiny_generator(SIDE, w_dim=32))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("3-", [3, 4, 5]),
        ("0,2-3, 5", [0, 2, 3, 5]),
        ("5,1,1-2", [1, 2, 5]),
        ("coarse", [0, 1, 2, 3]),
        ("middle", [4, 5]),
        ("0,middle", [0, 4, 5]),
    ],
)
def test_rows_are_read(text: str, rows: list[int]) -> None:
    assert parse_rows(text, tiny_generator(SIDE, w_dim=32).info) == rows


@pytest.mark.parametrize(
    "text", ["6", "2-1", "fine", "-3", "a", "1-2-3", "²", "9" * 30, "0-6", ","]
)
def test_rows_that_are_not_there_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match=r"expected rows from 0 to 5 such as .* are 0-5"):
        parse_rows(text, tiny_generator(SIDE, w_dim=32).info)


def test_a_mixture_equals_codes_mixed_by_hand() -> None:
    generator = tiny_generator(SIDE, w_dim=32)
    base, looks = generator.sample(2, seed=1), generator.sample(3, seed=5)

    made = dynode_make.mix(base, looks, rows="2,4-", generator=generator)

    assert len(made.latents) == 6
    for index in range(6):
        by_hand = base.w[index // 3].clone()
        for row in (2, 4, 5):
            by_hand[row] = looks.w[index % 3, row]
        assert torch.equal(made.latents.w[index], by_hand)


def test_offsets_follow_the_row_that_feeds_their_layer() -> None:
    generator = tiny_generator(SIDE, w_dim=32)
    rows, shapes = generator.info.style_rows, generator.info.conv_layers
    low, high = (next(name for name, row in rows.items() if row == wanted) for wanted in (1, 4))

    def edited(seed: int) -> dynode.Latents:
        drawn = generator.sample(1, seed=seed)
        torch.manual_seed(seed)
        for layer in (low, high):
            width = generator.info.style_channels[layer]
            drawn = drawn.add_styles({layer: torch.randn(1, width)})
            drawn = drawn.add_weights(
                WeightOffset(layer, torch.randn(1, *shapes[layer]), torch.ones(1, 1))
            )
        out, into, height, width = shapes[high]
        factors = torch.randn(1, into, height, width), torch.randn(out, 1)
        return drawn.add_weights(LowRankOffset(high, *factors, torch.ones(1, 1)))

    base, look = edited(1), edited(2)
    mixed = dynode_make.mix(base, look, rows="3-", generator=generator).latents

    assert torch.equal(mixed.styles[low], base.styles[low])
    assert torch.equal(mixed.styles[high], look.styles[high])
    assert [o.shared[0] for o in mixed.weights] == [
        *(o.shared[0] for o in base.weights if o.layer == low),
        *(o.shared[0] for o in look.weights if o.layer == high),
    ]


def test_one_pair_makes_one_picture_and_several_a_table(tiny: Path) -> None:
    one = run_command(["mix", "3", "4", "--generator", tiny, "--rows", "3-", "-o", "one.png"])
    run_command(["mix", "0-1", "4-6", "--generator", tiny, "--rows", "3-", "-o", "table.png"])
    run_command(["mix", "0-1", "4-6", "--generator", tiny, "--alone", "-o", "alone.png"])

    generator = dynode.load_generator(tiny)
    base, look = (generator.sample(1, seed=seed, truncation=0.7) for seed in (3, 4))
    expected = to_uint8(generator.synthesize(generator.mix(base, look, 3)))[0].numpy()
    assert (one.exit_code, one.stdout) == (0, "one.png\n")
    with Image.open("one.png") as drawn:
        # A batch of another size may round differently: one of 255 steps.
        assert np.abs(np.asarray(drawn).astype(int) - expected).max() <= 1
    assert size("table.png") == (4 * (SIDE + 2) - 2, 3 * (SIDE + 2) - 2)
    assert size("alone.png") == (3 * (SIDE + 2) - 2, 2 * (SIDE + 2) - 2)


def size(path: str) -> tuple[int, int]:
    with Image.open(path) as drawn:
        return drawn.size


def test_codes_files_and_seeds_stand_side_by_side(tiny: Path) -> None:
    generator = dynode.load_generator(tiny)
    generator.sample(2, seed=9).save("two.safetensors", fingerprint=generator.info.fingerprint)

    ran = run_command(
        [
            "mix",
            "two.safetensors,7",
            "1",
            "--generator",
            tiny,
            "--latents",
            "m.safetensors",
            "--json",
        ]
    )

    told = json.loads(ran.stdout)
    assert told["base"] == ["two 0", "two 1", "seed 7"]
    assert told["rows"] == [3, 4, 5]
    assert len(dynode.Latents.load("m.safetensors")) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["0", "no.png"],
            "LOOK is 'no.png', which is no file and no seeds; expected seeds such as 0-3",
        ),
        (["0", "1", "--rows", "fine"], "--rows is 'fine'; expected rows from 0 to 5"),
        (["0", "1", "--inverter", "x"], "--inverter does not apply to a sampled picture"),
        (
            ["w.safetensors", "w.safetensors", "--truncation", "1"],
            "--truncation does not apply to codes",
        ),
        (
            ["0", "w.safetensors"],
            "w.safetensors holds codes of 6 rows of 9; tiny takes 6 rows of 32",
        ),
        (["0", "folder"], "folder is a folder; expected a picture, codes or seeds"),
        (["0", ""], "LOOK is '', which is no file and no seeds"),
        (["0", "5-3"], "LOOK is '5-3', an empty range"),
        (["0", "1", "-o", "a.mp4"], "no image format"),
    ],
)
def test_bad_input_is_one_line(tiny: Path, arguments: list[str], told: str) -> None:
    dynode.Latents(torch.zeros(1, 6, 9)).save("w.safetensors")
    Path("folder").mkdir()

    ran = run_command(["mix", *arguments, "--generator", tiny])

    assert ran.exit_code in (1, 2)
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not Path("mixed.png").exists()
