"""Pictures as training sees them: every picture of a data set, whatever folder it lies in."""

from __future__ import annotations

import contextlib
import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from dynode.errors import MediaError, OptionError
from dynode_data import ClipSet, open_clips, picture_labels

_MOST_DAMAGED = 100  # in a row


@dataclass(frozen=True, eq=False)
class TrainingPictures:
    """A data set of pictures of one size.

    Attributes:
        clips: Where they lie.
        names: Of the pictures, in order.
        labels: (pictures, c) float32; c is 0 without classes.
        flip: Whether half of the draws are mirrored.
        size: (height, width) in pixels.
    """

    clips: ClipSet
    names: tuple[str, ...]
    labels: Tensor
    flip: bool
    size: tuple[int, int]
    _told: set[str] = field(init=False, repr=False, default_factory=set)

    @classmethod
    def read(cls, data: str, *, labels: str, flip: bool) -> TrainingPictures:
        """Open a data set.

        Raises:
            OptionError: None was named.
            MediaError: It is none, or its labels do not fit.
        """
        if data == "sampled":
            raise OptionError(
                "a generator is trained on pictures, and --data is missing; give a folder or zip file of them"
            )
        clips = open_clips(data)
        names = tuple(name for clip in clips.clips for name in clip.frames)
        told = picture_labels(clips, names, labels)
        return cls(clips, names, told, flip, _size(clips, names))

    def choose(self, chance: random.Random) -> tuple[int, bool]:
        """Choose a picture, and whether it is mirrored."""
        return chance.randrange(len(self.names)), self.flip and chance.random() < 0.5

    def picture(self, index: int, is_mirrored: bool) -> np.ndarray:
        """Read a picture: (h, w, 3) 8 bit; in place of a damaged one, which is named once, the next.

        Raises:
            MediaError: It has another size, or many in a row are damaged.
        """
        for place in range(index, index + _MOST_DAMAGED):
            name = self.names[place % len(self.names)]
            try:
                pixels = np.asarray(self.clips.picture(name))
            except MediaError as error:
                if name not in self._told:
                    self._told.add(name)
                    warnings.warn(f"left out: {error}", stacklevel=2)
                continue
            if pixels.shape[:2] != self.size:
                raise MediaError(
                    f"{name} is {pixels.shape[1]}×{pixels.shape[0]} pixels and the first picture is "
                    f"{self.size[1]}×{self.size[0]}; make all of one size with 'dynode data crop'"
                )
            return pixels[:, ::-1] if is_mirrored else pixels
        raise MediaError(f"{_MOST_DAMAGED} pictures in a row are damaged; run 'dynode data check'")

    def identity(self) -> list[object]:
        """Say which data set this is, as JSON values."""
        return [len(self.names), *self.size, self.names[0], self.names[-1]]

    def labels_of(self, indices: list[int]) -> Tensor | None:
        """Give the labels of pictures; None without classes."""
        return self.labels[torch.tensor(indices)] if self.labels.shape[1] else None


def _size(clips: ClipSet, names: Sequence[str]) -> tuple[int, int]:
    """Return (height, width) of the first picture that can be read.

    Raises:
        MediaError: None of the first ones can.
    """
    for name in names[:_MOST_DAMAGED]:
        with contextlib.suppress(MediaError):
            return clips.size_of(name)
    raise MediaError(
        f"the first {len(names[:_MOST_DAMAGED])} pictures of {clips.store.source.name} are damaged; run "
        "'dynode data check'"
    )
