"""Pictures on their way to the browser, over a route of their own, and no more than a few of them."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

MOST = 24  # of one tab
MOST_TABS = 32
_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Frame:
    """An image file in memory.

    Attributes:
        content: Its bytes.
        media_type: What it is.
    """

    content: bytes
    media_type: str


class Frames:
    """The last pictures of one tab, by names that cannot be guessed.

    Args:
        most: How many are kept; older ones are forgotten.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, Frame] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, content: bytes) -> str:
        """Keep a picture and return its name."""
        media_type = next(
            (told for start, told in _TYPES.items() if content.startswith(start)),
            "application/octet-stream",
        )
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[name] = Frame(content, media_type)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Frame | None:
        """Return a picture, if it is still kept."""
        with self._lock:
            return self._kept.get(name)

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self._kept)


class Tabs:
    """The pictures of all tabs. A tab's name cannot be guessed, so tabs see their own alone."""

    def __init__(self, most: int = MOST_TABS) -> None:
        self._most = most
        self._tabs: dict[str, Frames] = {}

    def open(self) -> tuple[str, Frames] | None:
        """Open a tab: its name and its pictures; None where too many are open."""
        if len(self._tabs) >= self._most:
            return None
        name = secrets.token_urlsafe(12)
        self._tabs[name] = Frames()
        return name, self._tabs[name]

    def close(self, name: str) -> None:
        """Forget the pictures of a tab."""
        self._tabs.pop(name, None)

    def get(self, tab: str, name: str) -> Frame | None:
        """Return a picture of a tab, if it is still kept."""
        frames = self._tabs.get(tab)
        return None if frames is None else frames.get(name)

    def __len__(self) -> int:
        """Count the tabs."""
        return len(self._tabs)
