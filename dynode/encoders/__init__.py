"""Networks that read the codes of a picture off its pixels: e4e, pSp, ReStyle, ArcFace.

`read_encoder` opens a file in any published layout or dynode's own; training is in
`dynode.encoders.training`.
"""

from __future__ import annotations

from dynode.encoders.config import EncoderConfig
from dynode.encoders.network import Encoder
from dynode.encoders.reading import LoadedEncoder, read_encoder

__all__ = ["Encoder", "EncoderConfig", "LoadedEncoder", "read_encoder"]
