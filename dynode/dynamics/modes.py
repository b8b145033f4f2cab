"""The ways of carrying an edit, by name."""

from __future__ import annotations

from typing import Literal, get_args

Mode = Literal["transport", "reintegrate", "tangent"]
MODES: tuple[Mode, ...] = get_args(Mode)
