"""What one tab works on: the state that is shown, its history, and pictures of it as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dynode_studio.clips import at_frame
from dynode_studio.drawing import Drawing, shrunk
from dynode_studio.history import History
from dynode_studio.state import LARGEST_STRENGTH, Slider, State, number
from dynode_studio.variants import Variants, Work, free_slot
from dynode_studio.worker import Device, Latest

_LARGEST_LIVE_PX = 128  # height up to which whole pictures are drawn while a slider moves
_LEAST_LIVE_PX = 64
_LATE_S, _QUICK_S = 0.25, 0.05  # of a picture on the way
_QUICK_ONES = 8  # in a row, before pictures on the way are larger again
_VARIANT_PX = 128  # height of the small picture of what is kept
_SMALL_PX = 128  # up to here the browser needs the other cores more
_RESTING_S = 0.6  # without a move, before what is shown counts as let go


@dataclass(frozen=True)
class Wanted:
    """A picture that is asked for.

    Attributes:
        state: Of what.
        is_final: Whether it stands still: then the picture is whole.
        number: Of the last value that the page gave; see `Live`.
    """

    state: State
    is_final: bool
    number: int = 0


@dataclass(frozen=True)
class Shown:
    """Pictures that were drawn.

    Attributes:
        after: Image file of the state.
        before: Image file before all edits, where the source is new.
        seconds: How long it took.
        changes: Change of each attribute in standard deviations, where it was asked for.
        is_final: Whether the picture stands still.
        number: Of the last value that the page had given.
    """

    after: bytes = b""
    before: bytes = b""
    seconds: float = 0.0
    changes: Mapping[str, float] = field(default_factory=dict)
    is_final: bool = False
    number: int = 0


def live_height(drawing: Drawing) -> int | None:
    """Choose the height of pictures that are drawn while a slider moves; None for the full one."""
    info = drawing.generator.info
    height = info.resolution[0]
    if not info.stops_early:
        return None
    while height > _LARGEST_LIVE_PX:
        height //= 2
    return None if height == info.resolution[0] else height


class Desk:
    """The work of one tab.

    Attributes:
        variants: What is kept beside the state. It is no part of the history, so that undoing an edit does
            not take away what was kept after it.

    Args:
        drawing: Draws it.
        device: The queue of its device.
        state: Where to begin.
        show: Gets every picture, or what went wrong, in the drawing thread.
    """

    def __init__(
        self,
        drawing: Drawing,
        device: Device,
        state: State,
        show: Callable[[Wanted, Shown | Exception], None],
    ) -> None:
        self.drawing, self.device = drawing, device
        self.history, self.state = History(state), state
        self.variants: Variants = {}
        self.height = self._highest = live_height(drawing)
        self._quick = 0
        self.pictures = Latest(self._draw, show, device)
        self.measures = Latest(self._measure, show, device)
        self._before_of: object = None
        self._whole: tuple[State, bytes, float] | None = None
        self._moved_s = 0.0
        self.number = 0

    def move(self, index: int, strength: float, *, is_drawn: bool = True) -> None:
        """Move a slider, and draw it on its way."""
        strength = number(strength, "strength", LARGEST_STRENGTH)
        self.state = self.state.with_slider(index, strength=strength)
        self._moved_s = time.monotonic()
        if is_drawn:
            self._ask(is_final=False)

    @property
    def is_resting(self) -> bool:
        """Whether nothing moved for a while."""
        return time.monotonic() - self._moved_s > _RESTING_S

    def show_frame(self, frame: int, *, is_final: bool = True) -> None:
        """Draw another frame of the clip, with the strengths that it has; nothing to undo to."""
        work = self.drawing.clip_of(self.state)
        if work is not None:
            self.state = at_frame(self.state, work, frame)
            self._moved_s = time.monotonic()
            if is_final:
                self.history.replace(self.state)
            self._ask(is_final=is_final)

    def settle(self, state: State | None = None) -> None:
        """Make a state, or where the sliders stand, one that can be undone to, and draw it whole."""
        if state is not None:
            self.state = state
        self.history.keep(self.state)
        self._show()

    def undo(self) -> None:
        """Go back by one."""
        self.state = self.history.undo()
        self._show()

    def redo(self) -> None:
        """Go forward by one."""
        self.state = self.history.redo()
        self._show()

    def add(self, *sliders: Slider) -> None:
        """Put sliders at the end of the stack."""
        self.settle(self.state.with_more(*sliders))

    def keep(self) -> None:
        """Keep the state in the first free slot, if there is one."""
        slot = free_slot(self.variants)
        if slot is not None:
            self.variants = {**self.variants, slot: self.state}

    def drop(self, slot: str) -> None:
        """Keep nothing in a slot any more."""
        self.variants = {name: kept for name, kept in self.variants.items() if name != slot}

    def reopen(self, work: Work) -> None:
        """Put saved work on the table; what is kept gives way to what the work kept, if it kept any."""
        self.variants = work.variants or self.variants
        self.settle(work.state)

    def draw_small(self, state: State, show: Callable[[bytes | Exception], None]) -> None:
        """Draw a small picture of a state; `show` gets it, or what went wrong, in the drawing thread."""

        def draw() -> None:
            try:
                picture = self.drawing.frame(state, height=live_height(self.drawing))
                show(shrunk(picture, _VARIANT_PX))
            except Exception as error:  # shown on the page; the studio goes on
                show(error)

        self.device.draw(draw)

    def measure(self) -> None:
        """Ask for the changes of the attributes."""
        self.measures.give(Wanted(self.state, is_final=True))

    def close(self) -> None:
        """Draw nothing more."""
        self.pictures.close()
        self.measures.close()

    def _show(self) -> None:
        self._ask(is_final=True)

    def _ask(self, *, is_final: bool) -> None:
        self.pictures.give(Wanted(self.state, is_final, self.number))

    def _draw(self, wanted: Wanted) -> Shown:
        height = None if wanted.is_final else self.height
        after, seconds = self._picture(wanted.state, height)
        if not wanted.is_final:
            self._adapt(seconds)
        before = b""
        plain = State(wanted.state.source, frame=wanted.state.frame)
        if wanted.is_final and plain != self._before_of:
            before = self.drawing.frame(plain)
            self._before_of = plain
        return Shown(after, before, seconds, is_final=wanted.is_final, number=wanted.number)

    def _picture(self, state: State, height: int | None) -> tuple[bytes, float]:
        """Draw a state, unless its whole picture was the last one; and say how long it took."""
        if self._whole is not None and self._whole[0] == state:
            return self._whole[1:]
        start = time.perf_counter()
        side = height or self.drawing.generator.info.resolution[0]
        self.device.choose_threads(is_small=side <= _SMALL_PX)
        picture = self.drawing.frame(state, height=height)
        seconds = time.perf_counter() - start
        if height is None and state.source.kind != "clip":  # which may be opened, or not
            self._whole = (state, picture, seconds)
        return picture, seconds

    def _adapt(self, seconds: float) -> None:
        """Draw smaller pictures on the way where they are late, larger ones again where they are not."""
        info = self.drawing.generator.info
        height = self.height or info.resolution[0]
        highest = self._highest or info.resolution[0]
        self._quick = self._quick + 1 if seconds < _QUICK_S else 0
        if not info.stops_early:
            return
        if seconds > _LATE_S and height // 2 >= _LEAST_LIVE_PX:
            self.height = height // 2
        elif self._quick >= _QUICK_ONES and height * 2 <= highest:
            self._quick, self.height = 0, height * 2
            if self.height == info.resolution[0]:
                self.height = None

    def _measure(self, wanted: Wanted) -> Shown:
        return Shown(changes=self.drawing.changes(wanted.state))
