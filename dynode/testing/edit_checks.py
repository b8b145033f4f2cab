"""What every direction promises, whichever method found it: how it is applied and kept."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import torch

from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.testing.comparing import assert_close, assert_same
from dynode.testing.direction_trial import DirectionTrial
from dynode.testing.plugin_check import remedy
from dynode.testing.trial import parts

_SMALL = 0.01
_BENT = 0.1  # of the way: an edit may bend, but not at its very beginning


@remedy("return one of dynode's own directions; in a kind of your own, multiply by the strength")
def strength_zero_is_identity(trial: DirectionTrial) -> None:
    """At strength 0 the code is the given one, bit for bit, also in a batch of strengths."""
    found = trial.found
    latents = Latents.cat([found.latents, found.generator.sample(1, seed=4)])
    for direction in found.ready:
        assert_same(direction.apply(latents, 0.0).w, latents.w, "strength 0")
        mixed = direction.apply(latents, torch.tensor([0.0, 1.0]))
        assert_same(mixed.w[0], latents.w[0], "strength 0 beside strength 1")


@remedy("let the offset depend on each picture's own code, never on the batch")
def a_batch_equals_a_loop(trial: DirectionTrial) -> None:
    """A batch of codes is moved as each of them is alone."""
    found = trial.found
    latents = found.generator.sample(3, seed=4)
    strengths = torch.tensor([0.5, -1.0, 2.0])
    for direction in found.ready:
        batch = direction.apply(latents, strengths)
        for index in range(3):
            alone = parts(direction.apply(latents[index], strengths[index]))
            for name, part in parts(batch[index]).items():
                assert_close(alone[name], part, f"{name} of picture {index} alone")


@remedy("convert the offset to the code's type and device: delta.to(latents.w)")
def type_and_device_are_kept(trial: DirectionTrial) -> None:
    """Moved codes have the type and the device of the given ones."""
    found = trial.found
    for dtype in (torch.float32, torch.float64):
        latents = found.latents.to(dtype=dtype)
        for direction in found.ready:
            for name, part in parts(direction.apply(latents, 1.0)).items():
                kind = (part.dtype, part.device)
                assert kind == (dtype, latents.device), f"{name} became {part.dtype}"


@remedy("return one of dynode's own directions, with an info of plain JSON values")
def a_file_gives_it_back(trial: DirectionTrial) -> None:
    """A direction that was saved and loaded moves codes as before, and tells the same of itself."""
    found = trial.found
    with tempfile.TemporaryDirectory() as folder:
        for direction in found.directions:
            path = Path(folder) / "direction.safetensors"
            direction.save(path)
            loaded = load_direction(path)
            assert loaded.info.name == direction.info.name and loaded.info.unit
            there = loaded.ready_for(found.generator).apply(found.latents, 1.0)
            here = direction.ready_for(found.generator).apply(found.latents, 1.0)
            for name, part in parts(here).items():
                assert_close(parts(there)[name], part, f"{name} after a file")
            path.unlink()


@remedy(
    "leave DirectionInfo out (dynode fills it in), or fill it from method, options and generator"
)
def metadata_are_honest(trial: DirectionTrial) -> None:
    """What a direction says of itself is true: method, seed, generator, licence, scale."""
    found = trial.found
    theirs = found.generator.info
    for direction in found.directions:
        info = direction.info
        assert info.name.strip(), "a direction has no name"
        assert info.method == trial.method.name, f"method {info.method!r}"
        assert info.seed == 0, f"seed {info.seed}, expected 0, the seed it was found with"
        assert info.fingerprint == theirs.fingerprint, "the fingerprint of another generator"
        assert info.licence in (theirs.licence, "unknown"), f"licence {info.licence!r}"
        assert math.isfinite(info.scale) and info.scale, f"scale {info.scale}"
    assert trial.method.summary.strip(), "the method has no summary"
    assert "\n" not in trial.method.summary, "the summary has several lines"


def _displacements(
    direction: Direction, latents: Latents, strength: float
) -> dict[str, torch.Tensor]:
    """Say by how much every part of a code moves, in float64."""
    before, after = parts(latents), parts(direction.apply(latents, strength))
    return {name: part - before.get(name, 0.0) for name, part in after.items()}


@remedy("multiply the offset by the strength: no abs(), no square, no clamp, no rounding")
def the_strength_is_signed_and_smooth(trial: DirectionTrial) -> None:
    """Small strengths move in proportion and both ways; larger ones move further."""
    found = trial.found
    latents = found.latents.to(dtype=torch.float64)
    for direction in found.ready:
        half, whole, back, one, two, three = (
            torch.cat([part.flatten() for part in _displacements(direction, latents, s).values()])
            for s in (_SMALL / 2, _SMALL, -_SMALL, 1.0, 2.0, 3.0)
        )
        size, name = float(whole.norm()), direction.info.name
        assert size > 0, f"{name!r} does not move at strength {_SMALL}"
        bent = float((whole - 2 * half).norm()) / size
        assert bent < _BENT, f"{name!r}: strength {_SMALL} is no twice {_SMALL / 2}"
        assert float((whole + back).norm()) / size < _BENT, f"{name!r}: -{_SMALL} is no way back"
        assert not torch.equal(one, two), f"{name!r}: strength 2 moves no further than 1"
        assert not torch.equal(two, three), f"{name!r}: strength 3 moves no further than 2"


@remedy("start from the latents: latents.with_w(…), add_styles(…), add_weights(…), not Latents(w)")
def other_edits_stay(trial: DirectionTrial) -> None:
    """Offsets of style and weights that ride on a code, of another edit, are still there after."""
    found = trial.found
    info, plain = found.generator.info, found.latents
    style, channels = list(info.style_channels.items())[-1]
    layer, shape = list(info.conv_layers.items())[-1]
    ones = plain.w.new_ones
    riding = plain.add_styles({style: ones(1, channels)})
    riding = riding.add_weights(WeightOffset(layer, ones(1, *shape), ones(1, 1)))
    for direction in found.ready:
        with_them, without = (parts(direction.apply(one, 1.0)) for one in (riding, plain))
        for name in (f"styles of {style}", f"weights of {layer}"):
            assert name in with_them, f"{direction.info.name!r} drops the {name}"
            lost = torch.equal(with_them[name], without.get(name, torch.zeros(())))
            assert not lost, f"{direction.info.name!r} drops the {name}"


@remedy("move codes with torch operations only: no detach, no .item(), no float(strength)")
def gradients_pass_through(trial: DirectionTrial) -> None:
    """Gradients reach the codes and the strength through an edit."""
    found = trial.found
    for direction in found.ready:
        codes = found.latents.w.clone().requires_grad_()
        strength = torch.ones(1, requires_grad=True)
        moved = parts(direction.apply(found.latents.with_w(codes), strength))
        total = sum(part.square().sum() for part in moved.values())
        assert isinstance(total, torch.Tensor) and total.requires_grad, "an edit has no gradient"
        reached = torch.autograd.grad(total, (codes, strength), allow_unused=True)
        for what, part in zip(("the codes", "the strength"), reached, strict=True):
            assert part is not None and bool(part.any()), f"no gradient reaches {what}"


CHECKS = (
    strength_zero_is_identity,
    the_strength_is_signed_and_smooth,
    other_edits_stay,
    gradients_pass_through,
    a_batch_equals_a_loop,
    type_and_device_are_kept,
    a_file_gives_it_back,
    metadata_are_honest,
)
