"""Train the bundled motion of portraits; see `dynode_worlds.training.video`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dynode.options import option
from dynode_facets.world import FACETS
from dynode_worlds.training import video
from dynode_worlds.training.video import train_video as train_video_of

train_video = partial(train_video_of, FACETS)


@dataclass(frozen=True)
class VideoRecipe(video.VideoRecipe):
    """Options of `train_video`; the defaults made the bundled motion of portraits.

    Faces age less far than in the world, for at its end no older face can be told from them.
    """

    shares: tuple[str, ...] = option(
        ("age=0.8",), help="How far factors move, as shares of how far they do, such as age=0.8."
    )
