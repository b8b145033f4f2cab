"""Networks that read the codes of a picture off its pixels: e4e, pSp, ReStyle, ArcFace.

`dynode.encoders.reading.read_encoder` opens a file in any published layout or dynode's own;
training is in `dynode.encoders.training`. Importing this package imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.encoders.compact import ResidualBlock
    from dynode.encoders.identity import (
        FaceEmbedding,
        identity_loss,
        load_face_embedding,
    )
    from dynode.encoders.inverter import EncoderInverter
    from dynode.encoders.reading import LoadedEncoder
    from dynode.encoders.refinement import (
        Iteration,
        iterations,
    )

__all__ = [
    "EncoderInverter",
    "FaceEmbedding",
    "Iteration",
    "LoadedEncoder",
    "ResidualBlock",
    "identity_loss",
    "iterations",
    "load_face_embedding",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "EncoderInverter": "dynode.encoders.inverter",
        "FaceEmbedding": "dynode.encoders.identity",
        "Iteration": "dynode.encoders.refinement",
        "LoadedEncoder": "dynode.encoders.reading",
        "ResidualBlock": "dynode.encoders.compact",
        "identity_loss": "dynode.encoders.identity",
        "iterations": "dynode.encoders.refinement",
        "load_face_embedding": "dynode.encoders.identity",
    },
)
