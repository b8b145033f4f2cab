"""Data sets of clips and pictures: folders or zip files, read without unpacking, made and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.data.checking import DataReport, check_clips
    from dynode.data.clips import ClipFiles, ClipSet, open_clips
    from dynode.data.labels import Labels, read_labels
    from dynode.data.made import MadeData
    from dynode.data.order import natural_key
    from dynode.data.reworking import crop_clips, freeze_clips, pack_clips
    from dynode.data.videos import clips_from_videos

_LAZY = {
    "ClipFiles": "dynode.data.clips",
    "ClipSet": "dynode.data.clips",
    "DataReport": "dynode.data.checking",
    "Labels": "dynode.data.labels",
    "MadeData": "dynode.data.made",
    "check_clips": "dynode.data.checking",
    "clips_from_videos": "dynode.data.videos",
    "crop_clips": "dynode.data.reworking",
    "freeze_clips": "dynode.data.reworking",
    "natural_key": "dynode.data.order",
    "open_clips": "dynode.data.clips",
    "pack_clips": "dynode.data.reworking",
    "read_labels": "dynode.data.labels",
}

__all__ = [
    "ClipFiles",
    "ClipSet",
    "DataReport",
    "Labels",
    "MadeData",
    "check_clips",
    "clips_from_videos",
    "crop_clips",
    "freeze_clips",
    "natural_key",
    "open_clips",
    "pack_clips",
    "read_labels",
]

__getattr__ = names_on_demand(__name__, _LAZY)
