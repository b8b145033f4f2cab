"""The shape of an encoder, and the published kinds of them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

COARSE_ROWS, MIDDLE_ROWS = 3, 7
"""First row read off the middle map of the pyramid, and off the finest one."""

_MOST_REPEATED = 128
_LARGEST_SIZE = 2**16

IRSE50_UNITS = (3, 4, 14, 3)
RESNET34_UNITS = (3, 4, 6, 3)
PUBLISHED_WIDTHS = (64, 128, 256, 512)


@dataclass(frozen=True)
class Kind:
    """What one published class of encoder does.

    Attributes:
        backbone: `irse`, `resnet` or `compact`.
        has_pyramid: Fine rows are read off larger maps, joined with the coarse ones.
        is_progressive: Every row is row 0 plus an offset of its own.
        is_single: One row is read, and repeated.
        is_difference: The picture and its reconstruction are read by the same weights, and what
            they are apart is the result.
    """

    backbone: str
    has_pyramid: bool = False
    is_progressive: bool = False
    is_single: bool = False
    is_difference: bool = False


KINDS = {
    "Encoder4Editing": Kind("irse", has_pyramid=True, is_progressive=True),
    "GradualStyleEncoder": Kind("irse", has_pyramid=True),
    "SingleStyleCodeEncoder": Kind("irse", is_single=True),
    "BackboneEncoder": Kind("irse"),
    "ProgressiveBackboneEncoder": Kind("irse", is_progressive=True),
    "ResNetBackboneEncoder": Kind("resnet"),
    "ResNetProgressiveBackboneEncoder": Kind("resnet", is_progressive=True),
    "ResNetGradualStyleEncoder": Kind("resnet", has_pyramid=True),
    "CompactEncoder": Kind("compact"),
    "CompactProgressiveEncoder": Kind("compact", is_progressive=True),
    "CompactDifferenceEncoder": Kind("compact", is_difference=True),
}
"""By the name of the class that published checkpoints give in `opts.encoder_type`."""


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of an encoder.

    Attributes:
        kind: A key of `KINDS`.
        rows: Rows of the codes it finds.
        w_dim: Width of a row.
        inputs: Channels it takes: 3, or 6 with the current reconstruction.
        size: (height, width) of its input in pixels.
        widths: Channels of the four stages.
        units: Residual units of the four stages.
        has_squeeze: Units weigh their channels (squeeze and excitation; IR-SE only).
        head_width: Channels inside the blocks that read a row.
    """

    kind: str
    rows: int
    w_dim: int = 512
    inputs: int = 3
    size: tuple[int, int] = (256, 256)
    widths: tuple[int, ...] = PUBLISHED_WIDTHS
    units: tuple[int, ...] = IRSE50_UNITS
    has_squeeze: bool = True
    head_width: int = 512

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        counts = (self.rows, *self.units)
        sizes = (self.w_dim, self.inputs, self.head_width, *self.size, *self.widths)
        if not all(0 < count <= _MOST_REPEATED for count in counts):
            raise ValueError(f"{counts} rows and units are more than any encoder has")
        if not all(0 < size <= _LARGEST_SIZE for size in sizes):
            raise ValueError("a size is beyond that of any encoder")

    @property
    def traits(self) -> Kind:
        """What its kind does."""
        return KINDS[self.kind]

    def depth(self, row: int) -> int:
        """Count the halvings from the map that a row is read off to a single pixel."""
        coarsest = (min(self.size) // 16 - 1).bit_length()
        if not self.traits.has_pyramid:
            return coarsest
        return coarsest + (row >= COARSE_ROWS) + (row >= MIDDLE_ROWS)

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> EncoderConfig:
        """Read what `to_json` wrote.

        Raises:
            ValueError, TypeError: It is something else.
        """
        fields = json.loads(text)
        for name in ("size", "widths", "units"):
            fields[name] = tuple(int(value) for value in fields[name])
        return cls(**fields)
