"""Conformance checks of a generator's pictures: shape, batches, noise, early exit, gradients."""

from __future__ import annotations

import torch

from dynode.errors import DynodeError, GeneratorMismatchError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.testing.comparing import assert_close, assert_differ, assert_same, tolerance_of
from dynode.testing.plugin_check import needs, remedy
from dynode.testing.trial import same_settings

_SMALLEST_SIDE_PX = 8
_LARGEST_MEAN = 8.0  # random networks overshoot [-1, 1] by far less; 0 to 255 lies far beyond


@remedy("return (n, 3, h, w) of info.resolution, in the type and on the device of the weights")
def pictures_have_the_promised_shape(generator: Generator) -> None:
    """Pictures are (n, 3, h, w), finite, on the generator's device and of its type."""
    images = generator.synthesize(generator.sample(2, seed=0))
    assert tuple(images.shape) == (2, 3, *generator.info.resolution)
    assert (images.device, images.dtype) == (generator.device, generator.dtype)
    assert bool(torch.isfinite(images).all())
    assert_differ(images[0], images[1], "pictures of two codes")


@remedy("return pictures in about [-1, 1]: x / 127.5 - 1 of numbers from 0 to 255")
def pictures_are_in_range(generator: Generator) -> None:
    """Pictures are nominally in [-1, 1], not in 0 to 255."""
    size = float(generator.synthesize(generator.sample(2, seed=0)).detach().abs().mean())
    assert size <= _LARGEST_MEAN, f"pixels have the size {size:.1f} on average"


@remedy("give tensors their dtype and device; never call torch.set_default_… or set_num_threads")
def drawing_leaves_torch_as_it_is(generator: Generator) -> None:
    """Sampling and drawing change no setting of torch and no global random state."""
    with same_settings():
        generator.synthesize(generator.sample(1, seed=0))


@remedy("put the network into evaluation mode, and draw no fresh noise by default")
def drawing_twice_gives_the_same_picture(generator: Generator) -> None:
    """A picture is a function of its latents."""
    latents = generator.sample(1, seed=0)
    first = generator.synthesize(latents)
    assert_same(generator.synthesize(latents), first, "drawing the same latents twice")


@remedy("work on copies: never write into latents.w, an offset or mean_w")
def drawing_modifies_nothing(generator: Generator) -> None:
    """Mapping and drawing leave what they are given as it was."""
    latents = generator.sample(1, seed=0)
    offset = torch.ones(1)
    for name in list(generator.info.style_channels)[:1]:
        offset = torch.ones_like(generator.styles(latents)[name])
        latents = latents.add_styles({name: offset})
    w, mean = latents.w.clone(), generator.mean_w.clone()
    z = torch.ones(1, generator.info.z_dim, device=generator.device, dtype=generator.dtype)
    if not generator.info.c_dim:
        generator.map(z, truncation=0.5)
    generator.synthesize(latents)
    assert_same(latents.w, w, "the code after drawing")
    assert_same(offset, torch.ones_like(offset), "the style offset after drawing")
    assert_same(z, torch.ones_like(z), "z after mapping")
    assert_same(generator.mean_w, mean, "the mean code after drawing")


@remedy(
    "take 'const', 'random' (from torch's generator) and 'none'; raise UsageError for anything else"
)
def noise_has_its_modes(generator: Generator) -> None:
    """`const` and `none` repeat, `random` follows torch's seed, anything else is refused."""
    latents = generator.sample(1, seed=0)
    images = {mode: generator.synthesize(latents, noise=mode) for mode in ("const", "none")}
    assert_same(generator.synthesize(latents), images["const"], "the default noise")
    for mode, image in images.items():
        assert_same(generator.synthesize(latents, noise=mode), image, f"noise {mode!r} again")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fresh = generator.synthesize(latents, noise="random")
        torch.manual_seed(0)
        assert_same(generator.synthesize(latents, noise="random"), fresh, "noise of one seed")
        again = generator.synthesize(latents, noise="random")
    if not torch.equal(images["const"], images["none"]):  # the generator has noise at all
        assert_differ(again, fresh, "fresh noise twice")
    try:
        generator.synthesize(latents, noise="loud")
    except DynodeError:
        return
    raise AssertionError("noise 'loud' was accepted")


@needs("stops-early")
@remedy(
    "draw the height that `resolution` names, raise UsageError for others; or say info.stops_early=False"
)
def drawing_can_stop_early(generator: Generator) -> None:
    """A lower resolution gives a picture of that side; an impossible one is refused."""
    latents = generator.sample(1, seed=0)
    height, width = generator.info.resolution
    full = generator.synthesize(latents)
    at_full = generator.synthesize(latents, resolution=height)
    assert_same(at_full, full, "stopping at the full size")
    side = height // 2
    while side >= _SMALLEST_SIDE_PX:
        small = generator.synthesize(latents, resolution=side)
        assert tuple(small.shape) == (1, 3, side, side * width // height)
        side //= 4
    try:
        generator.synthesize(latents, resolution=height + 1)
    except DynodeError:
        return
    raise AssertionError(f"resolution {height + 1} was accepted")


@remedy("draw with torch operations only: no detach, no numpy, no inference_mode")
def gradients_reach_everything(generator: Generator) -> None:
    """The picture is differentiable in the code, the style offsets and the coefficients."""
    info, plain = generator.info, generator.sample(1, seed=0).detach()
    w = plain.w.clone().requires_grad_()
    styles = {k: v.detach() * 0 for k, v in generator.styles(plain).items()}
    styles = {name: part.requires_grad_() for name, part in styles.items()}
    latents = Latents(w, styles)
    factors = []
    for name in list(info.conv_layers)[:1]:
        basis = torch.ones(1, *info.conv_layers[name], device=w.device, dtype=w.dtype)
        factors.append(torch.zeros(1, 1, device=w.device, dtype=w.dtype, requires_grad=True))
        latents = latents.add_weights(WeightOffset(name, basis, factors[0]))
    loss = generator.synthesize(latents).square().mean()
    inputs = [w, *styles.values(), *factors]
    reached = torch.autograd.grad(loss, inputs, allow_unused=True, materialize_grads=True)
    assert all(bool(torch.isfinite(part).all()) for part in reached)
    silent = [row for row in range(info.num_layers) if not bool(reached[0][0, row].any())]
    assert silent == [], f"rows without a gradient: {silent}"
    dead = [k for k, part in zip(styles, reached[1:], strict=False) if not bool(part.any())]
    assert dead == [], f"styles without a gradient: {dead}"
    assert all(bool(part.any()) for part in reached[1 + len(styles) :]), "no gradient of weights"


@remedy("compute in the type that `to` was asked for, throughout")
def gradients_equal_finite_differences(generator: Generator) -> None:
    """In float64 the gradient is the slope of the picture."""
    exact = generator.to(dtype=torch.float64)
    side = min(32, *exact.info.resolution) if exact.info.stops_early else None
    start = exact.sample(1, seed=0).w
    # A fixed direction; its own random state leaves the global one alone.
    random = torch.Generator().manual_seed(1)
    step = torch.randn(start.shape, generator=random, dtype=torch.float64).to(start.device)

    def value(w: torch.Tensor) -> torch.Tensor:
        return exact.synthesize(Latents(w), resolution=side).square().mean()

    w = start.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(value(w), w)
    slope = float((gradient * step).sum())
    with torch.no_grad():
        ahead, behind = (float(value(start + sign * 1e-6 * step)) for sign in (1, -1))
    measured = (ahead - behind) / 2e-6
    # Central differences at 1e-6: eps / 1e-6 = 2e-10 of the value, curvature 1e-12; kinks of the
    # leaky ReLU crossed within the step add what the other terms leave.
    assert abs(slope - measured) <= 1e-5 * max(abs(slope), 1.0), f"{slope} and {measured}"


@remedy("keep no tensor that was made in inference mode, such as a cache")
def drawing_without_gradients_spoils_nothing(generator: Generator) -> None:
    """What is kept from drawing in inference mode is no obstacle to gradients afterwards."""
    with torch.inference_mode():
        generator.synthesize(generator.sample(1, seed=0))
    w = generator.sample(1, seed=0).w.detach().clone().requires_grad_()
    early = generator.info.stops_early
    side = max(_SMALLEST_SIDE_PX, min(generator.info.resolution) // 8) if early else None
    loss = generator.synthesize(Latents(w), resolution=side).sum()
    (gradient,) = torch.autograd.grad(loss, w)
    assert bool(gradient.any())


@remedy("return a copy from `to`, with the same fingerprint, and leave the original as it is")
def another_type_draws_the_same_picture(generator: Generator) -> None:
    """`to` gives a copy in another type that draws the same; the original stays as it was."""
    device, dtype, fingerprint = generator.device, generator.dtype, generator.info.fingerprint
    latents = generator.sample(1, seed=0)
    exact = generator.to(dtype=torch.float64)
    assert (exact.device, exact.dtype) == (device, torch.float64)
    assert (generator.device, generator.dtype) == (device, dtype)
    assert exact.info.fingerprint == fingerprint, "another type has another fingerprint"
    expected = exact.synthesize(latents.to(dtype=torch.float64))
    assert expected.dtype == torch.float64
    image = generator.synthesize(latents)
    difference = float((image - expected).detach().abs().max())
    assert difference <= tolerance_of(image), f"float64 differs by {difference:g}"


@remedy("compare shapes and layer names before drawing, and raise GeneratorMismatchError")
def latents_of_another_shape_are_refused(generator: Generator) -> None:
    """Too few rows, another width, unknown layers and wrong kernels raise, never broadcast."""
    info, good = generator.info, generator.sample(1, seed=0)
    none = good.w.new_zeros(1, 1)
    wrong = {
        "a row too few": Latents(good.w[:, 1:]),
        "another width": Latents(good.w[:, :, 1:]),
        "styles of an unknown layer": good.add_styles({"no.such.layer": good.w[:, 0]}),
        "weights of an unknown layer": good.add_weights(
            WeightOffset("no.such.layer", good.w.new_zeros(1, 1, 1, 1, 1), none)
        ),
    }
    for name, (out, *rest) in list(info.conv_layers.items())[:1]:
        bigger = WeightOffset(name, good.w.new_zeros(1, out + 1, *rest), none)
        wrong["a kernel of another shape"] = good.add_weights(bigger)
    for what, latents in wrong.items():
        try:
            generator.synthesize(latents)
        except GeneratorMismatchError:
            continue
        raise AssertionError(f"{what} was accepted")


@remedy("keep pictures of a batch apart: no batch statistics, module.eval()")
def a_batch_equals_a_loop(generator: Generator) -> None:
    """Pictures do not depend on their neighbours in the batch."""
    latents = generator.sample(3, seed=0)
    images = generator.synthesize(latents)
    for index in range(3):
        alone = generator.synthesize(latents[index])
        assert_close(alone, images[index : index + 1], f"picture {index} alone")


CHECKS = (
    pictures_have_the_promised_shape,
    pictures_are_in_range,
    drawing_leaves_torch_as_it_is,
    drawing_twice_gives_the_same_picture,
    drawing_modifies_nothing,
    a_batch_equals_a_loop,
    noise_has_its_modes,
    drawing_can_stop_early,
    gradients_reach_everything,
    gradients_equal_finite_differences,
    drawing_without_gradients_spoils_nothing,
    another_type_draws_the_same_picture,
    latents_of_another_shape_are_refused,
)
