"""Edits that are kept beside the one on the table, and in saved work."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image

from dynode.direction import LinearDirection
from dynode.errors import GeneratorMismatchError, UsageError
from dynode.testing import tiny_generator
from dynode_studio import saving
from dynode_studio.contents import Contents
from dynode_studio.desk import Desk
from dynode_studio.drawing import Drawing, shrunk
from dynode_studio.state import Slider, Source, State
from dynode_studio.telling import as_command
from dynode_studio.variants import Work, free_slot, words_of
from dynode_studio.worker import Device

PLAIN = State(Source(seed=3), (Slider("shift"),))
GENERATOR = tiny_generator()
SHIFT = LinearDirection(torch.ones(GENERATOR.info.num_layers, GENERATOR.info.w_dim))


class AtOnce(Device):
    """Draws where it is asked to, so that nothing has to be waited for."""

    def draw(self, call: object) -> None:
        call()  # type: ignore[operator]


@pytest.fixture
def desk() -> Desk:
    drawing = Drawing(GENERATOR, {"shift": SHIFT}, Contents())
    return Desk(drawing, AtOnce(), PLAIN, lambda wanted, shown: None)


def moved(strength: float) -> State:
    return PLAIN.with_slider(0, strength=strength)


def test_four_edits_are_kept_and_a_fifth_is_not(desk: Desk) -> None:
    for number in range(5):
        desk.settle(moved(number))
        desk.keep()

    assert desk.variants == {slot: moved(number) for number, slot in enumerate("ABCD")}
    assert free_slot(desk.variants) is None


def test_a_slot_that_was_emptied_is_the_next_one_to_keep_in(desk: Desk) -> None:
    for _ in range(3):
        desk.keep()
    desk.drop("B")
    desk.settle(moved(2.0))
    desk.keep()

    assert desk.variants == {"A": PLAIN, "B": moved(2.0), "C": PLAIN}


def test_undo_and_another_edit_take_away_nothing_that_was_kept(desk: Desk) -> None:
    desk.settle(moved(1.0))
    desk.keep()
    desk.undo()
    desk.settle(moved(-1.0))

    assert desk.variants == {"A": moved(1.0)}


def test_one_that_is_brought_back_is_a_step_to_undo_and_what_the_command_says(desk: Desk) -> None:
    desk.settle(moved(1.5))
    desk.keep()
    desk.settle(moved(-2.0))

    desk.settle(desk.variants["A"])

    assert as_command(desk.state) == as_command(moved(1.5))
    desk.undo()
    assert desk.state == moved(-2.0)


def test_the_small_picture_of_one_is_that_of_its_edit(desk: Desk) -> None:
    drawn = list[object]()
    for strength in (0.0, 3.0):
        desk.draw_small(moved(strength), drawn.append)
    desk.draw_small(State(PLAIN.source, (Slider("unknown", 1.0),)), drawn.append)

    assert drawn[:2] == [desk.drawing.frame(moved(strength)) for strength in (0.0, 3.0)]
    assert drawn[0] != drawn[1]
    assert "unknown" in str(drawn[2])


def test_a_large_picture_is_made_small_in_its_shape() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(stream, "JPEG")

    assert Image.open(io.BytesIO(shrunk(stream.getvalue(), 100))).size == (150, 100)


def test_an_edit_is_said_in_words() -> None:
    sliders = (
        Slider("smile", 1.5),
        Slider("age", -0.7, rows="fine"),
        Slider("yaw", 1.0, rows="0-3"),
        Slider("beard", 2.0, is_muted=True),
    )

    assert words_of(State(Source(seed=3))) == "seed 3: no edit"
    assert words_of(State(Source("picture", name="face.png"), sliders)) == (
        "face.png: smile +1.50, age -0.70 (colour), yaw +1.00 (rows 0-3)"
    )


def test_saved_work_keeps_them_with_the_directions_and_codes_they_need(desk: Desk) -> None:
    contents, info = desk.drawing.contents, GENERATOR.info
    found = Slider("mine", 1.0, file=contents.add_direction(SHIFT))
    codes = contents.add_latents(GENERATOR.sample(1, seed=8), info.fingerprint)
    work = Work(PLAIN, {"B": State(Source("latents", name="x", file=codes), (found,))})
    another = Contents()

    opened = saving.from_json(saving.to_json(work, contents, info), another, info)

    assert opened == work
    assert (another[codes], another[found.file]) == (contents[codes], contents[found.file])


def test_work_that_was_saved_before_there_were_variants_is_read_and_leaves_them(desk: Desk) -> None:
    desk.keep()
    told = saved()
    del told["variants"]

    work = saving.from_json(json.dumps(told), Contents(), GENERATOR.info)
    desk.reopen(work)

    assert work == Work(moved(1.0))
    assert (desk.state, desk.variants) == (moved(1.0), {"A": PLAIN})


def test_reopened_work_brings_its_own(desk: Desk) -> None:
    desk.keep()

    desk.reopen(Work(moved(1.0), {"C": moved(2.0)}))

    assert desk.variants == {"C": moved(2.0)}
    desk.undo()
    assert desk.state == PLAIN


def saved() -> dict[str, Any]:
    work = Work(moved(1.0), {"A": moved(2.0)})
    told: dict[str, Any] = json.loads(saving.to_json(work, Contents(), GENERATOR.info))
    return told


HOSTILE = {
    "no table": ([], "variants are"),
    "a fifth slot": ({slot: {} for slot in "ABCDE"}, "at most 4"),
    "a slot of many characters": ({"AB": {}}, "at most 4"),
    "no state": ({"A": 1}, "state is 1"),
    "variants of variants": ({"A": {"variants": {}}}, "expected members"),
    "no number": ({"A": {"sliders": [{"name": "x", "strength": "1"}]}}, "strength is"),
    "a direction that is not there": (
        {"A": {"sliders": [{"name": "x", "file": "../../etc/passwd"}]}},
        "nothing is kept as",
    ),
    "codes that are not there": ({"A": {"source": {"file": "0" * 32}}}, "nothing is kept as"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_variants_are_refused_in_a_line(case: str) -> None:
    variants, message = HOSTILE[case]

    with pytest.raises(UsageError, match=message) as raised:
        saving.from_json(json.dumps({**saved(), "variants": variants}), Contents(), GENERATOR.info)

    assert "\n" not in str(raised.value)


def test_a_direction_of_another_generator_is_refused_in_a_variant_too() -> None:
    contents = Contents()
    wide = LinearDirection(torch.ones(GENERATOR.info.num_layers, GENERATOR.info.w_dim + 1))
    slider = Slider("mine", 1.0, file=contents.add_direction(wide))
    work = Work(PLAIN, {"A": replace(PLAIN, sliders=(slider,))})
    text = saving.to_json(work, contents, GENERATOR.info)

    with pytest.raises(GeneratorMismatchError, match="rows of width 64"):
        saving.from_json(text, Contents(), GENERATOR.info)
