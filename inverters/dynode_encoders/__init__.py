"""Networks that read the codes of a picture off its pixels: e4e, pSp, ReStyle, ArcFace.

`dynode_encoders.reading.read_encoder` opens a file in any published layout or dynode's own;
training is in `dynode_encoders.training`. Importing this package imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_encoders.compact import ResidualBlock
    from dynode_encoders.identity import (
        FaceEmbedding,
        identity_loss,
        load_face_embedding,
    )
    from dynode_encoders.inverter import EncoderInverter
    from dynode_encoders.reading import LoadedEncoder
    from dynode_encoders.refinement import (
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
        "EncoderInverter": "dynode_encoders.inverter",
        "FaceEmbedding": "dynode_encoders.identity",
        "Iteration": "dynode_encoders.refinement",
        "LoadedEncoder": "dynode_encoders.reading",
        "ResidualBlock": "dynode_encoders.compact",
        "identity_loss": "dynode_encoders.identity",
        "iterations": "dynode_encoders.refinement",
        "load_face_embedding": "dynode_encoders.identity",
    },
)
