"""Undo and redo."""

from __future__ import annotations

from dynode_studio.state import State

_LONGEST = 500  # states; each shares all that did not change


class History:
    """The states that were, the one that is, and those that were undone.

    Args:
        state: The first one.
    """

    def __init__(self, state: State) -> None:
        self._states = [state]
        self._now = 0

    @property
    def now(self) -> State:
        """The present state."""
        return self._states[self._now]

    @property
    def can_undo(self) -> bool:
        """Whether there is one before."""
        return self._now > 0

    @property
    def can_redo(self) -> bool:
        """Whether one was undone."""
        return self._now + 1 < len(self._states)

    def keep(self, state: State) -> None:
        """Make a state the present one; what was undone is forgotten."""
        if state == self.now:
            return
        self._states = [*self._states[: self._now + 1], state][-_LONGEST:]
        self._now = len(self._states) - 1

    def replace(self, state: State) -> None:
        """Change the present state without making it one to come back to."""
        self._states[self._now] = state

    def undo(self) -> State:
        """Go back by one, if there is one."""
        self._now = max(0, self._now - 1)
        return self.now

    def redo(self) -> State:
        """Go forward by one, if there is one."""
        self._now = min(len(self._states) - 1, self._now + 1)
        return self.now
