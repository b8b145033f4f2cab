"""How a StyleGAN2 computes: in which precision, and through which program."""

from __future__ import annotations

import copy
from typing import Self

import torch

from dynode.generator.computing import SIXTEEN_BITS, Precision
from dynode.stylegan2.compiling import CompiledSynthesis
from dynode.stylegan2.network import GeneratorNetwork
from dynode.stylegan2.synthesis import SynthesisNetwork


class Arithmetic:
    """The part of `StyleGAN2` that chooses; weights are shared between what it returns.

    Attributes:
        network: Weights and config.
    """

    network: GeneratorNetwork
    _sixteen_bits: torch.dtype | None = None
    _program: CompiledSynthesis | None = None

    @property
    def precision(self) -> Precision:
        """What the highest blocks draw in: `fp32`, the type of the weights, or `bf16` or `fp16`."""
        told: dict[torch.dtype | None, Precision] = {torch.bfloat16: "bf16", torch.float16: "fp16"}
        return told.get(self._sixteen_bits, "fp32")

    def in_precision(self, precision: Precision) -> Self:
        """Return it drawing in another precision; codes, styles and pictures keep their type.

        Source:
            Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676: the four highest blocks; see
            `dynode.stylegan2.sixteen_bits`.
        """
        drawing = copy.copy(self)
        drawing._sixteen_bits = SIXTEEN_BITS.get(precision)
        return drawing

    def compiled(self) -> Self:
        """Return it drawing through `torch.compile`; see `CompiledSynthesis`."""
        if self._program is not None:
            return self
        drawing = copy.copy(self)
        drawing._program = CompiledSynthesis(self.network.synthesis)
        return drawing

    @property
    def _draw(self) -> SynthesisNetwork | CompiledSynthesis:
        """What renders."""
        return self.network.synthesis if self._program is None else self._program
