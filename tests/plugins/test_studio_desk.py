"""Pictures on the way: as large as the machine has time for, whole once the slider is let go."""

from __future__ import annotations

import math

import pytest
import torch

import dynode
from dynode.direction import LinearDirection
from dynode.testing import tiny_generator
from dynode_studio import desk as desks
from dynode_studio.contents import Contents
from dynode_studio.desk import Desk, Shown, Wanted
from dynode_studio.drawing import Drawing
from dynode_studio.state import Slider, State
from dynode_studio.studio import live_generator
from dynode_studio.worker import Device


class AtOnce(Device):
    """Draws where it is asked to, so that nothing has to be waited for."""

    def draw(self, call: object) -> None:
        call()  # type: ignore[operator]


@pytest.fixture
def heights() -> list[int | None]:
    return []


@pytest.fixture
def desk(heights: list[int | None], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(desks, "_LARGEST_LIVE_PX", 256)
    generator = tiny_generator(resolution=256)
    shift = LinearDirection(torch.ones(generator.info.num_layers, generator.info.w_dim))
    drawing = Drawing(generator, {"shift": shift}, Contents())

    def frame(state: State, *, height: int | None = None) -> bytes:
        heights.append(height)
        return b"a picture"

    monkeypatch.setattr(drawing, "frame", frame)
    failed = list[Exception]()

    def show(wanted: Wanted, shown: Shown | Exception) -> None:
        if isinstance(shown, Exception):
            failed.append(shown)
        assert not failed

    return Desk(drawing, AtOnce(), State(sliders=(Slider("shift"),)), show)


def test_pictures_on_the_way_shrink_where_they_are_late_and_grow_where_they_are_not(
    desk: Desk, heights: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "_LATE_S", -1.0)
    monkeypatch.setattr(desks, "_QUICK_S", -1.0)
    for number in range(4):
        desk.move(0, number + 1.0)
    assert heights == [None, 128, 64, 64]

    monkeypatch.setattr(desks, "_LATE_S", math.inf)
    monkeypatch.setattr(desks, "_QUICK_S", math.inf)
    monkeypatch.setattr(desks, "_QUICK_ONES", 2)
    del heights[:]
    for number in range(6):
        desk.move(0, number + 11.0)
    assert heights == [64, 64, 128, 128, None, None]


def test_the_picture_is_whole_once_the_slider_is_let_go(
    desk: Desk, heights: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "_LATE_S", -1.0)
    desk.move(0, 1.0)
    desk.move(0, 2.0)
    del heights[:]

    desk.settle()

    assert heights[0] is None
    assert desk.history.now.sliders[0].strength == 2.0


def test_the_whole_picture_of_the_last_value_on_the_way_is_not_drawn_again(
    desk: Desk, heights: list[int | None]
) -> None:
    desk.move(0, 1.0)
    desk.settle()  # draws the picture before the edits, of a new source
    del heights[:]
    desk.move(0, 2.0)
    desk.settle()

    assert heights == [None]
    assert desk.history.now.sliders[0].strength == 2.0


@pytest.mark.installed_plugins
def test_a_person_sees_the_finer_portraits_and_drags_the_coarser() -> None:
    name = live_generator()
    generator = dynode.load_generator(name)

    assert (name, generator.info.resolution) == ("facets-256", (256, 256))
    assert desks.live_height(Drawing(generator, {}, Contents())) == 128


def test_without_a_plugin_that_says_so_the_studio_opens_with_what_every_command_takes() -> None:
    assert live_generator() is None
