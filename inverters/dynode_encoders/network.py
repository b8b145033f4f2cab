"""The encoder: a backbone, a pyramid where its kind has one, and a block for each row of w+."""

from __future__ import annotations

import dataclasses
import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode_encoders import irse, resnet
from dynode_encoders.compact import CompactReader
from dynode_encoders.config import COARSE_ROWS, MIDDLE_ROWS, EncoderConfig
from dynode_encoders.heads import ScaledLinear, StyleBlock


class Encoder(nn.Module):
    """Reads codes off pictures: what is added to the average code, or to the current one.

    Names of weights are those of the published files without their `encoder.`.

    Args:
        config: Its shape.

    Source:
        Tov et al. 2021, e4e, arXiv:2102.02766; Richardson et al. 2021, pSp, arXiv:2008.00951;
        Alaluf et al. 2021, ReStyle, arXiv:2104.02699.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        kind, widths = config.traits, config.widths
        if kind.backbone == "compact":
            inputs = config.inputs // 2 if kind.is_difference else config.inputs
            self.reader = CompactReader(dataclasses.replace(config, inputs=inputs))
            return
        if kind.backbone == "irse":
            self.input_layer = irse.input_layer(config.inputs, widths[0])
            self.body = irse.body(widths, config.units, has_squeeze=config.has_squeeze)
        else:
            self.conv1 = nn.Conv2d(config.inputs, widths[0], 7, 2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(widths[0])
            self.relu = nn.PReLU(widths[0])
            self.body = resnet.body(widths, config.units)
        if kind.is_single:
            self.linear = ScaledLinear(widths[-1], config.w_dim)
            return
        self.styles = nn.ModuleList(
            StyleBlock(widths[-1], config.head_width, config.w_dim, config.depth(row))
            for row in range(config.rows)
        )
        if kind.has_pyramid:
            self.latlayer1 = nn.Conv2d(widths[2], widths[-1], 1)
            self.latlayer2 = nn.Conv2d(widths[1], widths[-1], 1)

    def forward(self, images: Tensor, *, stage: int | None = None) -> Tensor:
        """Read codes.

        Args:
            images: (n, inputs, h, w) float in [-1, 1], RGB, at `config.size`; with 6 channels the
                picture and its current reconstruction.
            stage: Number of rows besides row 0 that have an offset of their own (progressive kinds);
                None for all.

        Returns:
            (n, rows, w_dim), without the average code.
        """
        kind, rows = self.config.traits, self.config.rows
        if kind.is_difference:
            given, drawn = (self._joined_rows(part) for part in images.chunk(2, dim=1))
            return given - drawn
        if kind.backbone == "compact":
            if not kind.is_progressive:
                return self._joined_rows(images)
            code, offsets = self.reader(images)
            return _progressive(code, list(offsets.unbind(1)[1:]), stage)
        maps = self._maps(images)
        if kind.is_single:
            single: Tensor = self.linear(maps[-1].mean((2, 3)))
            return single[:, None].expand(-1, rows, -1)
        taken = [self._map_of(row, maps) for row in range(rows)]
        if not kind.is_progressive:
            return torch.stack([self.styles[row](taken[row]) for row in range(rows)], dim=1)
        used = rows - 1 if stage is None else min(stage, rows - 1)
        offsets = [self.styles[row](taken[row]) for row in range(1, used + 1)]
        return _progressive(self.styles[0](taken[0]), offsets, None, rows=rows)

    def _joined_rows(self, images: Tensor) -> Tensor:
        """Add the offsets of the rows to their common code (compact): (n, rows, w_dim)."""
        code, offsets = self.reader(images)
        joined: Tensor = code[:, None] + offsets
        return joined

    def _maps(self, images: Tensor) -> tuple[Tensor, ...]:
        """Run the backbone: the last map, or with a pyramid the finest, the middle and the last."""
        if self.config.traits.backbone == "irse":
            x = self.input_layer(images)
        else:
            x = self.relu(self.bn1(self.conv1(images)))
        # Ends of the stages behind which the pyramid joins in.
        ends = list(itertools.accumulate(self.config.units))
        kept = {}
        for index, unit in enumerate(self.body):
            x = unit(x)
            kept[index + 1] = x if index + 1 in ends[1:] else None
        if not self.config.traits.has_pyramid:
            return (x,)
        middle = _joined(x, self.latlayer1(kept[ends[2]]))
        return _joined(middle, self.latlayer2(kept[ends[1]])), middle, x

    def _map_of(self, row: int, maps: tuple[Tensor, ...]) -> Tensor:
        level = 1 + (row >= COARSE_ROWS) + (row >= MIDDLE_ROWS)
        return maps[-min(level, len(maps))]


def _progressive(
    first: Tensor, offsets: list[Tensor], stage: int | None, *, rows: int | None = None
) -> Tensor:
    """Add row offsets to the first row: (n, w_dim) and rows 1, 2, … -> (n, rows, w_dim)."""
    count = rows if rows is not None else len(offsets) + 1
    used = offsets if stage is None else offsets[:stage]
    missing = [first] * (count - 1 - len(used))
    return torch.stack([first, *(first + offset for offset in used), *missing], dim=1)


def _joined(coarse: Tensor, fine: Tensor) -> Tensor:
    """Add a coarse map, enlarged, to a finer one."""
    size = (fine.shape[2], fine.shape[3])
    enlarged = functional.interpolate(coarse, size, mode="bilinear", align_corners=True)
    return enlarged + fine
