"""Classes of clips: from the data set's `dataset.json`, or from its first level of folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor

from dynode.errors import MediaError
from dynode.files import reading
from dynode.weights import quoted
from dynode_data.clips import LABELS_FILE, ClipFiles, ClipSet
from dynode_data.order import natural_key

KINDS = ("none", "file", "folders")
_MOST_CLASSES = 2**16


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of clips.

    Attributes:
        values: (clips, width) float32, one-hot where they are classes; width 0 for none.
        names: Of the classes, where they have any.
    """

    values: Tensor
    names: tuple[str, ...] = ()


def read_labels(clips: ClipSet, kind: str = "file") -> Labels:
    """Read the labels of clips.

    Args:
        clips: The data set.
        kind: `file`: of `dataset.json` in the root folder, `{"labels": [["<clip>/<frame>", 3], …]}`,
            integers for classes or lists of numbers; `folders`: the first level of folders names the
            class; `none`.

    Raises:
        MediaError: There are none, or they do not fit the clips.
    """
    if kind == "none":
        return Labels(torch.zeros(len(clips), 0))
    return _of_folders(clips) if kind == "folders" else _of_file(clips)


def _root(clips: ClipSet) -> str:
    """Find the one folder that everything lies in; empty if there is none."""
    firsts = {PurePosixPath(clip.name).parts[:1] for clip in clips.clips}
    deep = all(len(PurePosixPath(clip.name).parts) > 1 for clip in clips.clips)
    return firsts.pop()[0] if len(firsts) == 1 and deep else ""


def _of_folders(clips: ClipSet) -> Labels:
    level = 1 if _root(clips) else 0
    parts = [PurePosixPath(clip.name).parts for clip in clips.clips]
    if any(len(one) < level + 2 for one in parts):
        flat = next(
            clip.name for clip, one in zip(clips.clips, parts, strict=True) if len(one) < 2 + level
        )
        raise MediaError(
            f"clip {flat} of {clips.store.source.name} lies in no folder of a class; expected "
            "CLASS/CLIP/FRAME, or leave labels out"
        )
    names = sorted({one[level] for one in parts}, key=natural_key)
    return Labels(torch.eye(len(names))[[names.index(one[level]) for one in parts]], tuple(names))


def picture_labels(clips: ClipSet, names: Sequence[str], kind: str) -> Tensor:
    """Read the labels of single pictures.

    Args:
        clips: The data set.
        names: Of the pictures.
        kind: `file`, `folders` or `none`; see `read_labels`. Here the folder of a picture names its class.

    Returns:
        (pictures, width) float32, of width 0 for none.

    Raises:
        MediaError: There are none, or they do not fit.
    """
    where = clips.store.source.name
    if kind == "none":
        return torch.zeros(len(names), 0)
    if kind == "folders":
        folders = [PurePosixPath(name).parent.as_posix() for name in names]
        known = sorted(set(folders), key=natural_key)
        if len(known) < 2:
            raise MediaError(f"{where} has one folder of pictures; classes need one for each")
        return torch.eye(len(known))[[known.index(folder) for folder in folders]]
    pairs, prefixes = _pairs(clips)
    found = [_label(ClipFiles(name, ()), pairs, prefixes, where) for name in names]
    return _encoded(found, where)


def told_labels(clips: ClipSet) -> dict[str, Any]:
    """Read the labels that stand in the data set's `dataset.json`, by clip; none without the file.

    Raises:
        MediaError: It is no such file, a clip has none, or several.
    """
    pairs, prefixes = _pairs(clips)
    where = clips.store.source.name
    if not pairs:
        return {}
    return {clip.name: _label(clip, pairs, prefixes, where) for clip in clips.clips}


def _pairs(clips: ClipSet) -> tuple[dict[str, Any], list[str]]:
    """Read labels by name, and the prefixes that names in the file may lack."""
    root, where = _root(clips), clips.store.source.name
    held = [name for name in clips.store.names() if PurePosixPath(name).name == LABELS_FILE]
    name = min(held, key=lambda one: len(PurePosixPath(one).parts), default="")
    if not name:
        return {}, []
    with reading(Path(where) / name, "labels of a data set", error=MediaError):
        told = json.loads(clips.store.read(name))
        pairs = {str(frame): label for frame, label in (told["labels"] or ())}
    base = PurePosixPath(name).parent.as_posix()
    prefixes = [p for p in ("" if base == "." else base + "/", f"{root}/" if root else "") if p]
    return pairs, prefixes


def _of_file(clips: ClipSet) -> Labels:
    labels, where = told_labels(clips), clips.store.source.name
    if not labels:
        raise MediaError(
            f"{where} has no {LABELS_FILE} with labels; add it, name classes by folders, or leave "
            "labels out"
        )
    return Labels(_encoded([labels[clip.name] for clip in clips.clips], where))


def _label(clip: ClipFiles, pairs: Mapping[str, Any], prefixes: list[str], where: str) -> Any:
    """Find the label of a clip by its own name or those of its frames, which have to agree."""
    wanted = [short for name in (clip.name, *clip.frames) for short in _shortened(name, prefixes)]
    labels = [pairs[name] for name in wanted if name in pairs]
    if not labels:
        raise MediaError(f"{LABELS_FILE} of {where} has no label for clip {clip.name}; add one")
    if any(label != labels[0] for label in labels):
        raise MediaError(
            f"the frames of clip {clip.name} in {where} have several labels; expected one a clip"
        )
    return labels[0]


def _shortened(name: str, prefixes: list[str]) -> set[str]:
    return {name, *(name.removeprefix(prefix) for prefix in prefixes)}


def _encoded(labels: list[Any], where: str) -> Tensor:
    if all(type(label) is int and 0 <= label < _MOST_CLASSES for label in labels):
        return torch.eye(max(labels) + 1)[labels]
    lists = [label for label in labels if isinstance(label, list) and label]
    if len(lists) == len(labels) and len({len(one) for one in lists}) == 1:
        with reading(Path(where) / LABELS_FILE, "labels of a data set", error=MediaError):
            values = torch.tensor(lists, dtype=torch.float32)
        if values.ndim == 2 and bool(values.isfinite().all()):
            return values
    odd = next((label for label in labels if type(label) is not int), labels[0])
    raise MediaError(
        f"{LABELS_FILE} of {where} holds the label {quoted(odd)}; expected class numbers from 0 on, or "
        "lists of numbers of one length"
    )
