"""Networks that read the codes of a picture off its pixels: e4e, pSp, ReStyle, ArcFace.

`dynode.encoders.reading.read_encoder` opens a file in any published layout or dynode's own;
training is in `dynode.encoders.training`. Importing this package imports nothing heavy.
"""
