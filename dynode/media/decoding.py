"""Decode the frames that a player shows, and count what the decoder complains of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode.errors import MediaError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.packet import Packet

MOST_BROKEN = 0.2
"""Share of the frames that may be damaged; above it a clip is refused."""


@dataclass
class Damage:
    """What the decoder complained of.

    Attributes:
        read: Frames (packets) that were read.
        broken: Of them, those it complained of, or could not decode at all.
        lost: Of those, the ones that gave no frame.
        messages: Its first words for each of them.
    """

    read: int = 0
    broken: int = 0
    lost: int = 0
    messages: list[str] = field(default_factory=list)

    def add(self, packet: Packet[Any], said: list[str], *, lost: bool, corrupt: bool) -> None:
        """Count one packet."""
        self.read += packet.size > 0
        is_broken = bool(said) or lost or corrupt
        self.broken += is_broken
        self.lost += lost
        if is_broken:
            self.messages.append(said[0] if said else "a damaged packet")

    @property
    def whole(self) -> int:
        """Frames that were decoded without a complaint."""
        return self.read - self.broken

    def told(self, path: Path) -> str:
        """Say it in one line; nothing if there was none.

        Raises:
            MediaError: Too much is damaged to be worth editing.
        """
        if not self.broken:
            return ""
        lost = f", {self.lost} of them lost" if self.lost else ""
        found = (
            f"{path.name} is damaged: the decoder complains of {self.broken} of {self.read} frames{lost} "
            f"({self.messages[0]})"
        )
        if self.broken > MOST_BROKEN * self.read:
            raise MediaError(
                f"{found}; expected at most {MOST_BROKEN:.0%}: copy or download it again, or repair it"
            )
        return f"{found}; they, and those that build on them, are edited as they are decoded"


def decoded(
    container: InputContainer, stream: av.VideoStream, damage: Damage | None = None
) -> Iterator[av.VideoFrame]:
    """Decode the shown frames of a track, in the order they are shown.

    Packets that an edit list discards give none. What cannot be decoded is left out.

    Args:
        container: The open file.
        stream: Its picture track.
        damage: Counts the complaints of the decoder; None lets them go.
    """
    import av

    for packet in container.demux(stream):
        frames = list[Any]()
        lost = False
        with _heard() as said:
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                lost = True
        if damage is not None:
            corrupt = packet.is_corrupt or any(frame.is_corrupt for frame in frames)
            damage.add(packet, said, lost=lost, corrupt=corrupt)
        yield from frames


@contextlib.contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect the errors that the decoder logs, from all of its threads."""
    import av.logging

    level = av.logging.get_level()
    said = list[str]()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(False) as entries:
            yield said
        said += [" ".join(text.split()) for _, _, text in entries]
    finally:
        av.logging.set_level(level)
