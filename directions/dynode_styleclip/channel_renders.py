"""Pictures in which one style channel is changed, drawn from where the change begins."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from dynode.generator import Generator, GeneratorInfo, as_rgb
from dynode.latents import Latents
from dynode.stylegan2 import LayerInputs, SynthesisState


@runtime_checkable
class RunsInBlocks(Protocol):
    """A generator whose blocks can be run one after the other, as those of `StyleGAN2`."""

    @property
    def info(self) -> GeneratorInfo:
        """Description of the generator."""
        ...

    def layer_inputs(self, latents: Latents) -> LayerInputs:
        """Compute what the layers receive."""
        ...

    def advance(
        self, state: SynthesisState, inputs: LayerInputs, *, until: int | None = None
    ) -> SynthesisState:
        """Run the blocks behind a state."""
        ...


class ChannelRenders:
    """Draws many variants of a few pictures, each with the style of one layer replaced.

    What lies before the changed layer's block is computed once for each picture. Layers must be
    asked for in execution order, since the state moves on with them. A generator that cannot be run
    block by block is drawn whole each time.
    """

    def __init__(self, generator: Generator, latents: Latents) -> None:
        """Read the styles of the pictures.

        Args:
            generator: What draws.
            latents: The pictures; the fewer, the less memory.
        """
        self._generator = generator
        self._latents = latents
        self._blocks = generator if isinstance(generator, RunsInBlocks) else None
        if self._blocks is not None:
            self._inputs = self._blocks.layer_inputs(latents)
            self._state = SynthesisState()
            self.styles = dict(self._inputs.styles)
        else:
            self.styles = generator.styles(latents)

    def draw(self, layer: str, styles: Tensor, pictures: Tensor) -> Tensor:
        """Draw variants.

        Args:
            layer: Layer whose style is replaced.
            styles: (m, channels), its style in each variant.
            pictures: (m,) int64, which picture each is a variant of.

        Returns:
            (m, 3, h, w).
        """
        if self._blocks is None:
            offset = styles - self.styles[layer][pictures]
            return self._generator.synthesize(self._latents[pictures].add_styles({layer: offset}))
        self._go_before(layer)
        inputs = LayerInputs(
            {n: styles if n == layer else part[pictures] for n, part in self.styles.items()},
            {
                name: [offset.with_coefficients(offset.coefficients[pictures]) for offset in given]
                for name, given in self._inputs.offsets.items()
            },
            self._inputs.noise,
        )
        state = SynthesisState(
            self._state.resolution,
            None if self._state.features is None else self._state.features[pictures],
            None if self._state.image is None else self._state.image[pictures],
        )
        image = self._blocks.advance(state, inputs).image
        assert image is not None
        return as_rgb(image)

    def _go_before(self, layer: str) -> None:
        """Run what the changed layer's block receives."""
        assert self._blocks is not None
        before = _resolution(layer) // 2
        if before > self._state.resolution and before >= 4:
            self._state = self._blocks.advance(self._state, self._inputs, until=before)


def _resolution(layer: str) -> int:
    """Read the resolution off a layer's name, such as 8 off `b8.conv0`."""
    return int(layer.partition(".")[0].removeprefix("b"))
