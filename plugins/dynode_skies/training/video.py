"""Train the bundled motion of landscapes; see `dynode_worlds.training.video`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dynode.options import option
from dynode_skies.world import SKIES
from dynode_worlds.training import video
from dynode_worlds.training.video import train_video as train_video_of

train_video = partial(train_video_of, SKIES)


@dataclass(frozen=True)
class VideoRecipe(video.VideoRecipe):
    """Options of `train_video`; the defaults made the bundled motion of landscapes."""

    frames: int = option(144, help="Frames of a clip.", min=8)
    fps: float = option(12.5, help="Frames a second: landscapes move slowly.", min=0.1)
    half: bool = option(True, help="Write the networks, not the curves, in half precision.")
