"""Conformance checks of a generator's description and codes: info, map, sample, styles."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.testing.comparing import assert_close, assert_differ, assert_same
from dynode.testing.plugin_check import needs, remedy

# One third from the start: a number that no default uses.
_TRUNCATION = 0.3


def _normal(generator: Generator, n: int) -> tuple[Tensor, Tensor | None]:
    """Draw inputs of the mapping, with one-hot labels if it wants them."""
    info = generator.info
    values = np.random.RandomState(1).randn(n, info.z_dim).astype(np.float32)
    z = torch.from_numpy(values).to(generator.device, generator.dtype)
    if info.c_dim == 0:
        return z, None
    return z, torch.eye(info.c_dim, dtype=generator.dtype, device=generator.device)[
        torch.arange(n) % info.c_dim
    ]


@remedy(
    "fill info from the network: codes are (n, num_layers, w_dim), styles in the order they are used"
)
def info_describes_the_codes(generator: Generator) -> None:
    """`info` tells the shapes of codes and styles, layer by layer, in order."""
    info = generator.info
    latents = generator.sample(2, seed=0)
    assert tuple(latents.w.shape) == (2, info.num_layers, info.w_dim)
    styles = generator.styles(latents)
    assert {name: tuple(part.shape) for name, part in styles.items()} == {
        name: (2, channels) for name, channels in info.style_channels.items()
    }
    assert list(styles) == list(info.style_channels) == list(info.style_rows)
    assert all(0 <= row < info.num_layers for row in info.style_rows.values())
    assert set(info.rgb_layers) <= set(info.style_channels)
    assert all(len(shape) == 4 for shape in info.conv_layers.values()), (
        "a kernel is no (o, i, h, w)"
    )
    if not info.style_channels:
        return
    assert set(info.conv_layers) <= set(info.style_channels)
    for name, shape in info.conv_layers.items():
        assert shape[1] == info.style_channels[name], f"{name} has {shape}"


@remedy(
    "keep the mean code on the device and in the type of the weights; zeros where there is none"
)
def the_mean_code_is_a_code(generator: Generator) -> None:
    """`mean_w` is (w_dim,) or (num_layers, w_dim), finite, on the device and of the type."""
    info, mean = generator.info, generator.mean_w
    assert tuple(mean.shape) in ((info.w_dim,), (info.num_layers, info.w_dim))
    assert bool(torch.isfinite(mean).all())
    assert (mean.device, mean.dtype) == (generator.device, generator.dtype)


@remedy("put the network into evaluation mode: module.eval()")
def mapping_gives_the_same_codes_again(generator: Generator) -> None:
    """`map` is a function of its input, and maps a batch as it maps each row."""
    z, c = _normal(generator, 3)
    codes = generator.map(z, c=c).w
    assert_same(generator.map(z, c=c).w, codes, "mapping the same z twice")
    for row in range(3):
        one = generator.map(z[row : row + 1], c=None if c is None else c[row : row + 1]).w
        assert_close(one, codes[row : row + 1], f"mapping row {row} alone")
    assert_differ(codes[0], codes[1], "codes of different z")


@remedy("draw from numpy.random.RandomState(seed), never from a global generator")
def sampling_follows_the_seed(generator: Generator) -> None:
    """`sample` gives the same codes for the same seed, and others for another."""
    codes = generator.sample(3, seed=5).w
    assert_same(generator.sample(3, seed=5).w, codes, "sampling seed 5 twice")
    assert_close(generator.sample(1, seed=5).w, codes[:1], "the first of three and the only one")
    assert_differ(generator.sample(3, seed=6).w, codes, "codes of seeds 5 and 6")


@remedy("draw from numpy.random.RandomState(seed), never from numpy.random or torch.randn")
def sampling_leaves_the_global_seed_alone(generator: Generator) -> None:
    """`sample` neither reads nor moves the global random state of torch and numpy."""
    torch_before, numpy_before = torch.get_rng_state(), str(np.random.get_state())
    generator.sample(2, seed=5)
    assert_same(torch.get_rng_state(), torch_before, "torch's random state")
    assert str(np.random.get_state()) == numpy_before, "numpy's random state moved"


@remedy("map numpy.random.RandomState(seed).randn(n, z_dim).astype('float32')")
def sampling_maps_the_published_normal_numbers(generator: Generator) -> None:
    """`sample` maps numpy's RandomState(seed) numbers, as the published scripts do."""
    if generator.info.c_dim:
        return  # which labels are drawn is the generator's own choice
    z = np.random.RandomState(7).randn(2, generator.info.z_dim).astype(np.float32)
    mapped = generator.map(torch.from_numpy(z), truncation=0.5)
    assert_close(generator.sample(2, seed=7, truncation=0.5).w, mapped.w, "sample and map")


@remedy("return mean_w + truncation * (w - mean_w)")
def truncation_pulls_towards_the_mean(generator: Generator) -> None:
    """Truncation 0 is the mean code, 1 changes nothing, between them lies a straight line."""
    z, c = _normal(generator, 2)
    whole, mean = generator.map(z, c=c).w, generator.mean_w
    assert_same(generator.map(z, c=c, truncation=1.0).w, whole, "truncation 1")
    assert_close(generator.map(z, c=c, truncation=0.0).w, mean.expand_as(whole), "truncation 0")
    between = mean + _TRUNCATION * (whole - mean)
    assert_close(generator.map(z, c=c, truncation=_TRUNCATION).w, between, "truncation 0.3")


@remedy("truncate rows [:cutoff] only; None truncates all")
def the_cutoff_spares_the_last_rows(generator: Generator) -> None:
    """With a cutoff only the first rows are truncated."""
    z, c = _normal(generator, 2)
    whole, pulled = generator.map(z, c=c).w, generator.map(z, c=c, truncation=_TRUNCATION).w
    cutoff = generator.info.num_layers // 2
    cut = generator.map(z, c=c, truncation=_TRUNCATION, cutoff=cutoff).w
    assert_close(cut[:, :cutoff], pulled[:, :cutoff], "the rows before the cutoff")
    assert_close(cut[:, cutoff:], whole[:, cutoff:], "the rows from the cutoff on")


@needs("styles")
@remedy("let info.style_rows name, for each layer, the row of the code it reads")
def a_row_feeds_the_layers_info_says(generator: Generator) -> None:
    """Changing a row of the code changes the styles of exactly the layers `style_rows` names."""
    info, latents = generator.info, generator.sample(1, seed=0)
    before = generator.styles(latents)
    for row in {0, info.num_layers // 2, info.num_layers - 1}:
        w = latents.w.clone()
        w[:, row] += 1.0
        after = generator.styles(latents.with_w(w))
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        assert moved == {name for name, feeding in info.style_rows.items() if feeding == row}


@needs("styles")
@remedy("add latents.styles[name] to the style vector of that layer; leave no offset out")
def style_offsets_add_to_the_read_out(generator: Generator) -> None:
    """`styles` gives the styles of the code plus the offsets, and only where there are any."""
    latents = generator.sample(2, seed=0)
    plain = generator.styles(latents)
    name = list(plain)[len(plain) // 2]
    offset = torch.linspace(-1, 1, plain[name].numel()).reshape(plain[name].shape).to(plain[name])
    moved = generator.styles(latents.add_styles({name: offset}))
    assert_close(moved.pop(name), plain.pop(name) + offset, f"styles of {name}")
    for other, part in plain.items():
        assert_same(moved[other], part, f"styles of {other}, which has no offset")


@remedy("give info a fingerprint of its own: a hash of architecture and weights")
def codes_survive_a_file(generator: Generator) -> None:
    """Codes that were saved and loaded are the same, and refused for another generator."""
    latents = generator.sample(2, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.safetensors"
        latents.save(path, fingerprint=generator.info.fingerprint)
        loaded = Latents.load(path, fingerprint=generator.info.fingerprint)
        assert_same(loaded.w.to(latents.device), latents.w, "loaded codes")
        try:
            Latents.load(path, fingerprint="of another generator")
        except GeneratorMismatchError:
            return
    raise AssertionError("codes of this generator were loaded for another one")


@remedy("hash the weights anew when they have changed, and not the type they are in")
def the_fingerprint_follows_the_weights(generator: Generator) -> None:
    """The fingerprint stays while the weights do, and changes with any of them."""
    before = generator.info.fingerprint
    assert before and generator.info.fingerprint == before
    changed = copy.deepcopy(generator)
    assert changed.info.fingerprint == before, "a copy has another fingerprint"
    modules = [part for part in vars(changed).values() if isinstance(part, nn.Module)]
    if not modules:
        return  # weights that are kept elsewhere cannot be changed here
    with torch.no_grad():
        next(modules[0].parameters()).flatten()[0].add_(1.0)
    assert changed.info.fingerprint != before, "other weights, same fingerprint"
    assert generator.info.fingerprint == before, "a copy's weights are the original's"


CHECKS = (
    info_describes_the_codes,
    the_mean_code_is_a_code,
    mapping_gives_the_same_codes_again,
    sampling_follows_the_seed,
    sampling_leaves_the_global_seed_alone,
    sampling_maps_the_published_normal_numbers,
    truncation_pulls_towards_the_mean,
    the_cutoff_spares_the_last_rows,
    a_row_feeds_the_layers_info_says,
    style_offsets_add_to_the_read_out,
    codes_survive_a_file,
    the_fingerprint_follows_the_weights,
)
