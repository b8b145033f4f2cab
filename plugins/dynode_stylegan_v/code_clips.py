"""Clips to learn motion from: as codes in a file, or as clips that an inverter turns into codes."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import dynode
from dynode.errors import (
    CorruptCheckpointError,
    GeneratorMismatchError,
    MediaError,
    OptionError,
)
from dynode.generator import Generator
from dynode.media import kind_of, open_clip
from dynode.plugins import Progress, silent
from dynode.weights import is_state_dict, open_weights

_LEAST_FRAMES = 3
_ALIKE = 0.01


@dataclass(frozen=True)
class CodeClips:
    """Clips as style codes.

    Attributes:
        codes: (clips, frames, w_dim) float32.
        fps: Frames a second; None where nothing says it.
    """

    codes: Tensor
    fps: float | None


def read_code_clips(
    data: str,
    generator: Generator,
    *,
    fps: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> CodeClips:
    """Read the style codes of clips.

    Args:
        data: A `.safetensors` file that holds `codes` (clips, frames, rows, w_dim), or a folder of
            clips, which the generator's inverter turns into codes (kept in the cache).
        generator: Whose codes they are.
        fps: Frames a second, for clips that do not say it or differ in it; None asks the clips.
        seed: Seed of the inverter.
        progress: Called while clips are inverted.

    Returns:
        Codes, the mean over the rows. Clips of a folder are cut to the shortest one, with a warning.

    Raises:
        OptionError: `data` is `sampled`: what a still generator draws does not move. Or `fps` is not
            what the clips say.
        MediaError: There is no such file, or no clip in the folder.
        CheckpointError: The file does not hold codes of clips.
        GeneratorMismatchError: They are another generator's.
    """
    if data == "sampled":
        raise OptionError(
            "motion is learned from clips, and --data is 'sampled'; give a folder of clips, or a "
            ".safetensors of their codes ('dynode facets trajectories' writes one)"
        )
    path = Path(data)
    if path.is_dir():
        return _inverted(path, generator, fps, seed, progress)
    if kind_of(path) != "latents":
        raise MediaError(f"{path.name} is {kind_of(path)}; expected a folder of clips, or codes")
    found = _read(path, generator)
    return CodeClips(found.codes, _agreed(fps, found.fps, path.name))


def _agreed(asked: float | None, told: float | None, name: str) -> float | None:
    if asked is None or told is None:
        return told if asked is None else asked
    if abs(asked / told - 1) > _ALIKE:
        raise OptionError(
            f"--fps is {asked:g}, and {name} holds clips of {told:g} frames a second; leave --fps out"
        )
    return told


def _clock(path: Path, told: str | None) -> float | None:
    if told is None:
        return None
    try:
        rate = float(told)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise CorruptCheckpointError(
            f"{path.name} says {told[:20]!r} frames a second; expected a positive number: write it again"
        )
    return rate


def _read(path: Path, generator: Generator) -> CodeClips:
    info = generator.info
    with open_weights(path) as weights:
        facts, content = dict(weights.metadata), weights.content
        if not is_state_dict(content) or "codes" not in content:
            raise CorruptCheckpointError(
                f"{path.name} holds no tensor 'codes'; expected codes of clips (clips, frames, "
                f"rows, {info.w_dim})"
            )
        shape = tuple(content["codes"].shape)
        if len(shape) != 4 or shape[2] < 1 or shape[0] < 1 or shape[1] < _LEAST_FRAMES:
            raise CorruptCheckpointError(
                f"{path.name} holds codes of shape {shape}; expected (clips, {_LEAST_FRAMES} or more "
                f"frames, rows, {info.w_dim})"
            )
        told = facts.get("fingerprint", "")
        if shape[3] != info.w_dim or (told and told != info.fingerprint):
            raise GeneratorMismatchError(
                f"{path.name} holds codes of {facts.get('generator', 'another generator')} of width "
                f"{shape[3]}; {info.name} takes its own, of width {info.w_dim}"
            )
        if content["codes"].span_bytes > weights.size:
            raise CorruptCheckpointError(f"{path.name} is shorter than its codes; copy it again")
        codes = content["codes"].read().float().mean(2)
    if not bool(codes.isfinite().all()):
        raise CorruptCheckpointError(f"{path.name} holds codes that are not finite")
    return CodeClips(codes, _clock(path, facts.get("fps")))


def _rate(paths: list[Path], folder: Path, asked: float | None) -> float | None:
    """Find the frames a second that clips have in common."""
    clips = [open_clip(path) for path in paths]
    uneven = [clip.path.name for clip in clips if not clip.is_regular]
    if uneven:
        warnings.warn(
            f"frames of {', '.join(uneven[:8])} are not evenly spaced; they are learned from as if they "
            "were",
            stacklevel=4,
        )
    rates = [float(clip.rate) for clip in clips]
    if max(rates) / min(rates) - 1 <= _ALIKE:
        return _agreed(asked, sum(rates) / len(rates), folder.name)
    if asked is None:
        raise OptionError(
            f"the clips of {folder.name} have {min(rates):g} to {max(rates):g} frames a second; give clips "
            "of one rate, or say by --fps which one all are learned as"
        )
    return asked


def _inverted(
    folder: Path, generator: Generator, fps: float | None, seed: int, progress: Progress
) -> CodeClips:
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    paths = [entry for entry in entries if entry.is_file() and kind_of(entry) == "clip"]
    others = [entry.name for entry in entries if entry not in paths]
    if not paths:
        found = f"{len(others)} other entries" if others else "nothing"
        raise MediaError(f"{folder} holds no clips ({found}); expected videos or animated pictures")
    if others:
        warnings.warn(f"left out of {folder.name}: {', '.join(others[:8])}", stacklevel=3)
    rate = _rate(paths, folder, fps)
    found_codes = []
    for index, path in enumerate(paths):
        inversion = dynode.invert(path, generator, seed=seed)
        found_codes.append(inversion.latents.w.float().mean(1).cpu())
        progress(index + 1, len(paths), "inverting")
    lengths = [len(codes) for codes in found_codes]
    if min(lengths) < _LEAST_FRAMES:
        short = paths[lengths.index(min(lengths))].name
        raise MediaError(f"{short} has {min(lengths)} frames; expected {_LEAST_FRAMES} or more")
    if min(lengths) < max(lengths):
        warnings.warn(
            f"the clips of {folder.name} have {min(lengths)} to {max(lengths)} frames; of each the "
            f"first {min(lengths)} are used",
            stacklevel=3,
        )
    return CodeClips(torch.stack([codes[: min(lengths)] for codes in found_codes]), rate)
