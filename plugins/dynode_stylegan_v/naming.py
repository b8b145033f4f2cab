"""The names of a published video network's tensors, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

_Value = TypeVar("_Value")
_GENERATOR = {
    "synthesis.b4.input.input.const": "synthesis.b4.const",
    "synthesis.b4.input.input": "synthesis.b4.const",
}
_MOTION = "synthesis.motion_encoder."
_DISCRIMINATOR = {
    "time_encoder.const_embed.weight": "time_encoder.table.weight",
    "time_encoder.time_encoder.fourier_coefs": "time_encoder.fourier_coefs",
}


def generator_name(published: str) -> str:
    """Translate the name of a generator's tensor."""
    if published.startswith(_MOTION):
        return "motion." + published.removeprefix(_MOTION)
    return _GENERATOR.get(published, published)


def discriminator_name(published: str) -> str:
    """Translate the name of a discriminator's tensor; MoCoGAN's parts keep their prefixes."""
    prefix = "image_discr." if published.startswith("image_discr.") else ""
    rest = published.removeprefix(prefix)
    return prefix + _DISCRIMINATOR.get(rest, rest)


def published_generator_name(native: str, *, is_temporal: bool) -> str:
    """Translate back; a `temporal` input holds its constant one level deeper."""
    if native.startswith("motion."):
        return _MOTION + native.removeprefix("motion.")
    if native == "synthesis.b4.const":
        return "synthesis.b4.input.input" + (".const" if is_temporal else "")
    return native


def published_discriminator_name(native: str) -> str:
    """Translate back."""
    return {ours: theirs for theirs, ours in _DISCRIMINATOR.items()}.get(native, native)


def native_generator(published: Mapping[str, _Value]) -> dict[str, _Value]:
    """Rename a generator's state, its resampling kernels left out; they are part of the config."""
    return {generator_name(key): value for key, value in published.items() if _is_kept(key)}


def native_discriminator(published: Mapping[str, _Value]) -> dict[str, _Value]:
    """Rename a discriminator's state, its resampling kernels left out."""
    return {discriminator_name(key): value for key, value in published.items() if _is_kept(key)}


def _is_kept(key: str) -> bool:
    return not key.endswith("resample_filter")
