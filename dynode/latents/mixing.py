"""Style mixing: some rows of one picture's code with the other rows of another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from dynode.latents.latents import Latents


def mix_latents(
    base: Latents, look: Latents, rows: Sequence[int], *, layer_rows: Mapping[str, int]
) -> Latents:
    """Put rows of some codes into others.

    What rides on a code goes with it: an offset of styles or of weights is taken from the picture whose
    row feeds its layer.

    Args:
        base: n codes that give the other rows; not modified.
        look: n codes that give `rows`, after any truncation, as in the published script.
        rows: Rows of w+.
        layer_rows: Row that feeds each layer, `GeneratorInfo.style_rows`.

    Returns:
        n codes.

    Source:
        Karras et al. 2019, StyleGAN, arXiv:1812.04948 (style mixing).
        Deviation: offsets, which the paper does not have, follow their layers.
    """
    taken = list(rows)
    w = base.w.clone()
    w[:, taken] = look.w[:, taken].to(w)
    mixed = Latents(w)
    for source, is_ours in ((base, False), (look.to(base.device, base.dtype), True)):
        mixed = mixed.add_styles(
            {
                name: part
                for name, part in source.styles.items()
                if (layer_rows[name] in taken) is is_ours
            }
        )
        for offset in source.weights:
            if (layer_rows[offset.layer] in taken) is is_ours:
                mixed = mixed.add_weights(offset)
    return mixed


def mix_table(
    base: Latents, looks: Latents, rows: Sequence[int], *, layer_rows: Mapping[str, int]
) -> Latents:
    """Mix every code with every other: n codes and m looks give n rows of m codes, row by row."""
    first = torch.arange(len(base)).repeat_interleave(len(looks))
    second = torch.arange(len(looks)).repeat(len(base))
    return mix_latents(base[first], looks[second], rows, layer_rows=layer_rows)
