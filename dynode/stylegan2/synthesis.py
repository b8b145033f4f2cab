"""The synthesis network as an ordered list of blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode.stylegan2 import strips
from dynode.stylegan2.blocks import Block, FirstBlock, LayerInputs, SynthesisState
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.layers import StyledConvolution, ToRGB


class SynthesisNetwork(nn.Module):
    """Blocks b4, b8, ... up to the picture's size.

    The blocks are pure functions of the state and the layers' inputs, so a prefix can be kept and
    only the rest run again: `advance(advance(start, inputs, until=64), changed_inputs)`.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.in_strips = True
        self.rows: dict[str, int] = {}
        self._layers: dict[str, StyledConvolution | ToRGB] = {}
        for resolution in config.resolutions:
            block = FirstBlock(config) if resolution == 4 else Block(config, resolution)
            self.add_module(block.name, block)
            row = 0 if resolution == 4 else self.rows[f"b{resolution // 2}.torgb"]
            for name in ("conv0", "conv1", "torgb")[1 if resolution == 4 else 0 :]:
                self.rows[f"{block.name}.{name}"] = min(row, config.num_layers - 1)
                self._layers[f"{block.name}.{name}"] = block.get_submodule(name)  # type: ignore[assignment]
                row += 1

    @property
    def blocks(self) -> list[FirstBlock | Block]:
        """The blocks in execution order."""
        return [self.get_submodule(f"b{r}") for r in self.config.resolutions]  # type: ignore[misc]

    def layer(self, name: str) -> StyledConvolution | ToRGB:
        """Find a modulated layer by its style name, for example `b8.conv0`."""
        return self._layers[name]

    def last_block(self, resolution: int | None) -> int:
        """Find the last block to run for pictures of a height in pixels, None for the full size.

        Raises:
            UsageError: No block draws pictures of that height.
        """
        if resolution is None:
            return self.config.resolution
        blocks = {self.config.size_of(block)[0]: block for block in self.config.resolutions}
        if resolution not in blocks:
            raise UsageError(
                f"resolution {resolution} cannot be rendered; use one of {list(blocks)}"
            )
        return blocks[resolution]

    def styles(self, w: Tensor) -> dict[str, Tensor]:
        """Compute the styles of every layer from w+ (n, rows, w_dim): layer -> (n, channels)."""
        return {name: self._layers[name].affine(w[:, row]) for name, row in self.rows.items()}

    def advance(
        self,
        state: SynthesisState,
        inputs: LayerInputs,
        *,
        until: int | None = None,
        has_features: bool = True,
    ) -> SynthesisState:
        """Run the blocks behind `state`.

        Args:
            state: Where to go on.
            inputs: What the layers receive.
            until: Name of the last block to run, None for all.
            has_features: Keep the features of the last block; without them it takes less memory,
                and the state they are missing from cannot be advanced further.
        """
        until = self.config.resolution if until is None else until
        for block in self.blocks:
            if not state.resolution < block.resolution <= until:
                continue
            if isinstance(block, Block) and self._in_strips(block, state, inputs):
                needed = has_features or block.resolution < until
                state = strips.run(block, state, inputs, has_features=needed)
            else:
                state = block(state, inputs)
        return state

    def _in_strips(self, block: Block, state: SynthesisState, inputs: LayerInputs) -> bool:
        # Strips depend on the processor's cache: what is compiled is fused by its compiler.
        if torch.compiler.is_compiling() or not self.in_strips:
            return False
        return strips.can_run(block, state, inputs)

    def forward(self, inputs: LayerInputs, *, resolution: int | None = None) -> Tensor:
        """Render (n, image channels, h, w), stopping behind block `resolution`."""
        image = self.advance(SynthesisState(), inputs, until=resolution, has_features=False).image
        assert image is not None
        return image
