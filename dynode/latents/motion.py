"""Motion: what a video generator needs beside the content of a clip."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode import files
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError, UsageError

FORMAT = "dynode.motion"
VERSION = "1"
_PARTS = ("labels", "noise", "codes", "rest")


@dataclass(frozen=True, eq=False)
class Motion:
    """How a batch of videos moves, endlessly: noise by seed, class, and noise that was given.

    It belongs beside `Latents`, the content: edits of the content leave the motion alone. The noise
    of a video is a function of its seed, its number and the place on the generator's time grid, so
    that a longer clip begins like a shorter one and a video does not depend on its neighbours.

    Attributes:
        keys: (n, 2) int64, seed and number of each video, 0 or more.
        labels: (n, c_dim) class labels for generators whose motion takes them; None for none.
        noise: (n, rows, width) rows that stand at the beginning instead of drawn ones; None for
            none.
        codes: (n, frames, width) motion codes at times 0, 1, 2 …, as they were found for clips; they
            stand for the noise, and end with the last frame. None for none.
        rest: (n, width) what the motion was told of the content it was drawn for; None for nothing.
    """

    keys: Tensor
    labels: Tensor | None = None
    noise: Tensor | None = None
    codes: Tensor | None = None
    rest: Tensor | None = None

    def __post_init__(self) -> None:
        """Check that the parts are of as many videos."""
        if self.keys.ndim != 2 or self.keys.shape[1] != 2 or self.keys.dtype != torch.int64:
            raise UsageError(
                f"motion keys are {tuple(self.keys.shape)} {self.keys.dtype}; expected (n, 2) int64"
            )
        if bool((self.keys < 0).any()):
            raise UsageError("a seed of motion is negative; expected 0 or more")
        for name, axes in (("labels", 2), ("noise", 3), ("codes", 3), ("rest", 2)):
            part = getattr(self, name)
            if part is not None and (part.ndim != axes or len(part) != len(self)):
                raise UsageError(
                    f"motion {name} have shape {tuple(part.shape)}; expected {axes} axes and "
                    f"{len(self)} videos"
                )

    @staticmethod
    def draw(n: int, *, seed: int, first: int = 0, labels: Tensor | None = None) -> Motion:
        """Draw the motion of videos `first` to `first + n - 1` of a seed.

        Args:
            n: How many.
            seed: 0 to 2^63 - 1.
            first: Number of the first video.
            labels: (n, c_dim) class labels.

        Raises:
            UsageError: The seed is out of range.
        """
        if not 0 <= seed < 2**63:
            raise UsageError(f"motion seed is {seed}; expected 0 to 2^63 - 1")
        numbers = torch.arange(first, first + n)
        return Motion(torch.stack([torch.full_like(numbers, seed), numbers], dim=1), labels)

    def __len__(self) -> int:
        """Count the videos."""
        return len(self.keys)

    def __getitem__(self, index: slice | Sequence[int] | Tensor) -> Motion:
        """Take some videos."""
        index = index if isinstance(index, slice) else torch.as_tensor(index)
        kept = {name: part[index] for name, part in self._parts().items()}
        return Motion(self.keys[index], **kept)

    def _parts(self) -> dict[str, Tensor]:
        parts = {name: getattr(self, name) for name in _PARTS}
        return {name: part for name, part in parts.items() if part is not None}

    def _check_numbers(self) -> None:
        for name, part in self._parts().items():
            if not bool(torch.isfinite(part).all()):
                raise UsageError(f"motion {name} holds what is no finite number")

    def with_noise(self, noise: Tensor | None) -> Motion:
        """Return these videos beginning with given noise (n, rows, width)."""
        return dataclasses.replace(self, noise=noise)

    def codes_at(self, times: Tensor) -> Tensor:
        """Read the codes between those of frames, along a line.

        Args:
            times: (n, T) in frames.

        Returns:
            (n, T, width).

        Raises:
            UsageError: There are no codes, or a time lies outside of them.
        """
        if self.codes is None:
            raise UsageError("this motion is drawn; it holds no codes of its own")
        last = self.codes.shape[1] - 1
        if not bool(((times >= 0) & (times <= last)).all()):
            raise UsageError(
                f"the motion was found for frames 0 to {last}, and {float(times.max()):g} is asked for; ask "
                f"for {last + 1} frames at most"
            )
        left = times.floor().clamp(max=max(last - 1, 0)).long()
        rows = torch.arange(len(self.codes))[:, None]
        weight = (times - left)[..., None].to(self.codes)
        return torch.lerp(
            self.codes[rows, left], self.codes[rows, (left + 1).clamp(max=last)], weight
        )

    @staticmethod
    def cat(motions: Sequence[Motion]) -> Motion:
        """Join motions that have the same parts.

        Raises:
            UsageError: There is none, or some have labels, noise, codes or rest and others have not.
        """
        if not motions:
            raise UsageError("nothing to join: expected at least one motion")
        joined = {}
        for name in _PARTS:
            parts = [getattr(motion, name) for motion in motions]
            if any(part is None for part in parts):
                if any(part is not None for part in parts):
                    raise UsageError(f"some motions have {name} and some have not; join alike ones")
                continue
            joined[name] = torch.cat(parts)
        return Motion(torch.cat([motion.keys for motion in motions]), **joined)

    def save(self, path: str | Path, *, generator: str = "", fingerprint: str = "") -> None:
        """Write a safetensors file, beside that of the content.

        Args:
            path: Where to.
            generator: Name of the generator it belongs to.
            fingerprint: What `dynode.generator.video.motion_fingerprint` gives of it, checked when the
                motion is loaded.
        """
        maker = {"generator": generator, "fingerprint": fingerprint} if fingerprint else {}
        tensors = {"keys": self.keys, **self._parts()}
        files.save_tensors(tensors, Path(path), {"format": FORMAT, "version": VERSION, **maker})

    @staticmethod
    def load(path: str | Path, *, generator: str = "", fingerprint: str = "") -> Motion:
        """Read what `save` wrote.

        Args:
            path: Where from.
            generator: Name of the generator that is to move.
            fingerprint: What it is recognised by; empty to skip the check, as for files without.

        Raises:
            CorruptCheckpointError: The file is no motion file, of a later version or damaged.
            GeneratorMismatchError: It is another generator's motion.
        """
        path = Path(path)
        tensors, metadata = files.load_tensors(path)
        found = metadata.get("format", "no dynode data"), metadata.get("version")
        if found != (FORMAT, VERSION) or "keys" not in tensors:
            raise CorruptCheckpointError(
                f"{path.name} holds {found[0]!r:.60} of version {found[1]!r:.20}; expected motion of version "
                f"{VERSION}; write some with 'dynode generate --video --motion FILE'"
            )
        theirs = metadata.get("fingerprint", "")
        if theirs and fingerprint and theirs != fingerprint:
            raise GeneratorMismatchError(
                f"{path.name} holds motion of {metadata.get('generator', '')!r:.60} ({theirs[:12]}), and "
                f"{generator or 'this one'} is {fingerprint[:12]}; name the generator it was made with, with "
                "--generator"
            )
        try:
            motion = Motion(tensors["keys"], **{name: tensors.get(name) for name in _PARTS})
            motion._check_numbers()
            return motion
        except UsageError as error:
            raise CorruptCheckpointError(
                f"{path.name} is damaged ({error}); write it again"
            ) from error
