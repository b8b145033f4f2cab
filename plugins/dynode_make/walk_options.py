"""Names that a walk is told by; importing this imports nothing heavy."""

from __future__ import annotations

WALK_SPACES = ("w", "z")
WALK_PATHS = ("straight", "cubic", "noise")
WALK_NOISE = ("const", "loop", "none")
