"""Every error a user can meet, rooted at `DynodeError`.

    DynodeError                         exit code 1
    ├── UsageError                      2   a value the user gave cannot be used
    │   ├── UnknownNameError            2   no plugin, generator, option … of that name
    │   ├── OptionError                 2   an option is missing, misspelt or out of range
    │   └── OutputExistsError           2   the output is there already and --force was not given
    ├── MissingWeightsError             3   a weights file is needed and absent, or its licence not accepted
    ├── CheckpointError                 1   a weights file cannot be used
    │   ├── CorruptCheckpointError      1   truncated, empty, not finite, inconsistent
    │   ├── UnsafeCheckpointError       1   the file asks for code to be run
    │   └── UnsupportedCheckpointError  1   recognised or not, but nothing dynode renders
    ├── DiskFullError                   1   there is no room for an output
    ├── MediaError                      1   an image or video cannot be read, used or written
    │   └── UnlikePictureError          1   a picture is nothing that the generator draws
    ├── GeneratorMismatchError          1   latents or a direction of another generator
    ├── DirectionFileError              1   a direction file cannot be used
    ├── DeviceError                     1   the asked device is not there
    └── PluginError                     1   a plugin broke its contract

Each message is one line with four parts: what failed, what was found, what was expected, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DynodeError(Exception):
    """Base of every error dynode raises on purpose; `exit_code` is the command's exit code."""

    exit_code = 1


class UsageError(DynodeError):
    """A value given by the user cannot be used."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A plugin, generator, attribute or other named thing does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """Say what was asked for and what comes nearest.

        Args:
            kind: What the name should have named, for example `"direction method"`.
            name: The name that was given.
            known: The names that exist.
        """
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        listing = ", ".join(names) if names else "none is installed (see 'dynode plugins')"
        super().__init__(f"unknown {kind} {name!r}; {hint}known: {listing}")
        self.name = name
        self.known = names


class OptionError(UsageError):
    """An option is missing, misspelt or out of its range."""


class OutputExistsError(UsageError):
    """The output file exists and overwriting it was not asked for."""


class DiskFullError(DynodeError):
    """There is no room for an output."""


class MissingWeightsError(DynodeError):
    """A weights file is needed and absent, or its licence has not been accepted."""

    exit_code = 3


class CheckpointError(DynodeError):
    """A weights file cannot be used."""


class CorruptCheckpointError(CheckpointError):
    """A weights file is truncated, empty, inconsistent or not finite."""


class UnsafeCheckpointError(CheckpointError):
    """A weights file asks for code to be run; nothing of it was."""


class UnsupportedCheckpointError(CheckpointError):
    """A weights file is of a kind that dynode does not read."""


class MediaError(DynodeError):
    """An image or a video cannot be read, used or written."""


class UnlikePictureError(MediaError):
    """A picture is unlike anything that a generator draws; another generator may draw it."""


class GeneratorMismatchError(DynodeError):
    """Latents or a direction belong to another generator."""


class DirectionFileError(DynodeError):
    """A direction file cannot be used."""


class DeviceError(DynodeError):
    """The asked device is not available."""


class PluginError(DynodeError):
    """A plugin broke the contract of a hook."""
