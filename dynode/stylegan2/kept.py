"""Activations kept from one drawing, so that the next begins where something changed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dynode.generator.channels import as_rgb
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import Offset
from dynode.stylegan2.blocks import LayerInputs, SynthesisState
from dynode.stylegan2.fingerprint import stamp
from dynode.stylegan2.noise import NoiseMode, block_of
from dynode.stylegan2.synthesis import SynthesisNetwork


class KeptActivations:
    """Draws variants of the same pictures, each from the first block whose inputs changed.

    What every block left is kept, and what every layer was given is compared with what it is given
    now: rows of w, styles, weight offsets, noise and the network's weights. The blocks before the
    first change are not run again. Guaranteed: the picture is that of `synthesize` without
    gradients, bit for bit, whatever was drawn before. Not guaranteed: a gain. Another number of
    pictures, a change in the first block or fresh noise begin anew.

    It has no gradients, belongs to one thread, and knows a weight offset's basis by its object and
    version: a basis made anew counts as changed. On a GPU comparing waits for the device once a call.

    Args:
        synthesis: The network.
        read: `StyleGAN2.layer_inputs` of its generator.
        memory: Bytes of activations to keep at most; the smallest blocks are kept first.
    """

    def __init__(
        self, synthesis: SynthesisNetwork, read: Callable[..., LayerInputs], *, memory: int
    ) -> None:
        self._synthesis = synthesis
        self._read = read
        self._memory = memory
        self._states: dict[int, SynthesisState] = {}
        self._seen: _Seen | None = None

    @property
    def kept_bytes(self) -> int:
        """Bytes of the activations that are held now."""
        return sum(_bytes_of(state) for state in self._states.values())

    @torch.no_grad()
    def synthesize(
        self, latents: Latents, *, noise: NoiseMode = "const", resolution: int | None = None
    ) -> Tensor:
        """Draw pictures; arguments, result and errors are those of `StyleGAN2.synthesize`."""
        until = self._synthesis.last_block(resolution)
        inputs = self._read(latents, noise=noise, resolution=resolution)
        now = _Seen(self._synthesis, inputs, until)
        state = self._start(now)
        self._states = {r: kept for r, kept in self._states.items() if r <= state.resolution}
        self._seen = None  # what is stopped half-way leaves nothing to go on from
        for resolution_ in self._synthesis.config.resolutions:
            if state.resolution < resolution_ <= until:
                state = self._synthesis.advance(
                    state, inputs, until=resolution_, has_features=resolution_ < until
                )
                if self.kept_bytes + _bytes_of(state) <= self._memory:
                    self._states[resolution_] = state
        self._seen = now
        assert state.image is not None
        return as_rgb(state.image.clone())

    def _start(self, now: _Seen) -> SynthesisState:
        """Find the last kept state whose inputs are those of now and that can be gone on from."""
        change = 0 if self._seen is None else now.first_change(self._seen)
        usable = [
            state
            for resolution, state in self._states.items()
            if resolution < change
            and (resolution == now.until or (resolution < now.until and state.features is not None))
        ]
        return max(usable, key=lambda state: state.resolution, default=SynthesisState())


class _Seen:
    """What the blocks up to one were given, and how the weights stood."""

    def __init__(self, synthesis: SynthesisNetwork, inputs: LayerInputs, until: int) -> None:
        self.until = until
        self.names = [name for name in synthesis.rows if block_of(name) <= until]
        self.styles = {name: inputs.styles[name].detach() for name in self.names}
        self.noise = {name: inputs.noise[name] for name in self.names if name in inputs.noise}
        self.offsets = {
            name: [offset.with_coefficients(offset.coefficients.clone()) for offset in offsets]
            for name, offsets in inputs.offsets.items()
        }
        shared = [p for found in self.offsets.values() for o in found for p in o.shared]
        self.versions = {id(part): _version(part) for part in (*self.noise.values(), *shared)}
        self.weights = stamp(synthesis)

    def first_change(self, before: _Seen) -> int:
        """Name the first block that is given something else; behind the last if there is none."""
        names = [name for name in self.names if name in before.styles]
        mine, theirs = self.styles[names[0]], before.styles[names[0]]
        if self.weights != before.weights or mine.shape != theirs.shape:
            return 0
        differ = [(self.styles[name] != before.styles[name]).any() for name in names]
        changed = [n for n, d in zip(names, torch.stack(differ).tolist(), strict=True) if d]
        changed += [name for name in names if not self._is_moved_alike(before, name)]
        return min((block_of(name) for name in changed), default=1 + block_of(names[-1]))

    def _is_moved_alike(self, before: _Seen, name: str) -> bool:
        """Compare noise and weight offsets of a layer."""
        noise, old = self.noise.get(name), before.noise.get(name)
        if (noise is None) != (old is None):
            return False
        if noise is not None and old is not None and not self._is_same(before, noise, old):
            return False
        mine, theirs = self.offsets.get(name, []), before.offsets.get(name, [])
        return len(mine) == len(theirs) and all(
            self._is_offset_same(before, a, b) for a, b in zip(mine, theirs, strict=True)
        )

    def _is_offset_same(self, before: _Seen, one: Offset, other: Offset) -> bool:
        return (
            one.is_like(other)
            and all(self._is_same(before, part, part) for part in one.shared)
            and torch.equal(one.coefficients, other.coefficients)
        )

    def _is_same(self, before: _Seen, one: Tensor, other: Tensor) -> bool:
        """Say whether a tensor is the one of before and was not written to since."""
        version = self.versions[id(one)]
        return one is other and version is not None and version == before.versions[id(one)]


def _version(part: Tensor) -> int | None:
    """Count the writes; None for a tensor that does not tell."""
    return None if part.is_inference() else part._version


def _bytes_of(state: SynthesisState) -> int:
    parts = [part for part in (state.features, state.image) if part is not None]
    return sum(part.numel() * part.element_size() for part in parts)
