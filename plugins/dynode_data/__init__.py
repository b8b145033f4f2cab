"""Data sets of clips and pictures: folders or zip files, read without unpacking, made and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_data.checking import DataReport, check_clips
    from dynode_data.clips import ClipFiles, ClipSet, open_clips
    from dynode_data.labels import Labels, picture_labels, read_labels
    from dynode_data.made import MadeData
    from dynode_data.order import natural_key
    from dynode_data.reworking import crop_clips, freeze_clips, pack_clips
    from dynode_data.videos import clips_from_videos

_LAZY = {
    "ClipFiles": "dynode_data.clips",
    "ClipSet": "dynode_data.clips",
    "DataReport": "dynode_data.checking",
    "Labels": "dynode_data.labels",
    "MadeData": "dynode_data.made",
    "check_clips": "dynode_data.checking",
    "clips_from_videos": "dynode_data.videos",
    "crop_clips": "dynode_data.reworking",
    "freeze_clips": "dynode_data.reworking",
    "natural_key": "dynode_data.order",
    "open_clips": "dynode_data.clips",
    "pack_clips": "dynode_data.reworking",
    "picture_labels": "dynode_data.labels",
    "read_labels": "dynode_data.labels",
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
    "picture_labels",
    "read_labels",
]

__getattr__ = names_on_demand(__name__, _LAZY)
