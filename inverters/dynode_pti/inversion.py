"""Pivotal tuning: first the code, then the generator around it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode import plugins
from dynode.distance import ReconstructionLoss
from dynode.errors import MissingWeightsError, OptionError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.options import build_options
from dynode.plugins import Inverter, Progress, silent
from dynode_pti.delta import Delta

if TYPE_CHECKING:
    from dynode_pti.options import PtiOptions

NAME = "pti"
_PREFERRED = ("e4e", "optimize")
_NEAR = 0.3  # of the way from the pivot to a random code


def invert(
    generator: Generator, images: Tensor, options: PtiOptions, *, seed: int, progress: Progress
) -> Latents:
    """Find a code, and tune an offset of the weights that draws what the code cannot.

    The generator is not changed and never copied: the delta rides on the latents.

    Source:
        Roich et al. 2021, PTI, arXiv:2106.05744.
        Deviation: the delta of a convolution has low rank (Hu et al. 2021, LoRA, arXiv:2106.09685)
        and starts along the gradient (Wang et al. 2024, LoRA-GA, arXiv:2407.05000); biases and
        affine layers stay; the rate falls along a cosine.
    """
    pivots = _pivots(generator, images, options, seed)
    groups = [slice(0, len(images))]
    if options.delta == "each":
        groups = [slice(index, index + 1) for index in range(len(images))]
    loss = ReconstructionLoss(options, generator)
    total = len(groups) * options.steps
    tuned = list[Latents]()
    for place, group in enumerate(groups):
        delta = Delta(generator, 0)
        if options.rank:
            part = slice(group.start, min(group.stop, group.start + options.batch))
            gradients = _gradients(delta, generator, pivots[part], images[part], loss)
            delta = Delta(generator, options.rank, gradients)

        def report(step: int, error: float, *, before: int = place * options.steps) -> None:
            progress(before + step + 1, total, f"error {error:.4f}")

        _tune(delta, generator, pivots[group], images[group], loss, options, seed, report)
        tuned.append(delta.on(Latents(pivots[group])).detach())
    return Latents.cat(tuned)


def _gradients(
    whole: Delta, generator: Generator, pivots: Tensor, images: Tensor, loss: ReconstructionLoss
) -> dict[str, Tensor]:
    """Return the gradient of the error by every convolution's weight, where nothing is moved yet."""
    drawn = generator.synthesize(whole.on(Latents(pivots)))
    error = loss(drawn, loss.target(images)).mean()
    found = torch.autograd.grad(error, list(whole.whole.values()), allow_unused=True)
    return {
        layer: torch.zeros_like(weight[0]) if gradient is None else gradient[0]
        for (layer, weight), gradient in zip(whole.whole.items(), found, strict=True)
    }


def _tune(
    delta: Delta,
    generator: Generator,
    pivots: Tensor,
    images: Tensor,
    loss: ReconstructionLoss,
    options: PtiOptions,
    seed: int,
    report: object,
) -> None:
    """Lower the error of the pictures of one delta."""
    assert callable(report)
    target = loss.target(images)
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(delta.parameters, lr=options.learning_rate)
    for step in range(options.steps):
        rate = options.learning_rate * (0.5 + 0.5 * math.cos(math.pi * step / options.steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        chosen = slice(0, len(pivots))
        part, wanted = pivots, target
        if len(pivots) > options.batch:
            index = torch.randperm(len(pivots), generator=random)[: options.batch]
            part, wanted = pivots[index], target[index]
        error = loss(generator.synthesize(delta.on(Latents(part))), wanted).mean()
        total = error
        if options.locality:
            total = total + options.locality * _moved_nearby(
                delta, generator, pivots[chosen], random
            )
        optimizer.zero_grad()
        torch.autograd.backward(total)
        optimizer.step()
        report(step, float(error.detach()))


def _moved_nearby(
    delta: Delta, generator: Generator, pivots: Tensor, random: torch.Generator
) -> Tensor:
    """Compare a picture near a pivot, drawn with the delta, with the same drawn without."""
    from dynode.generator import draw_labels

    info = generator.info
    seed = int(torch.randint(2**31, (), generator=random))
    with torch.no_grad():
        z = torch.randn(1, info.z_dim, generator=random)
        other = generator.map(z, c=draw_labels(info, 1, seed=seed)).w
        start = pivots[int(torch.randint(len(pivots), (), generator=random))][None]
        near = Latents(torch.lerp(start, other, _NEAR))
        wanted = generator.synthesize(near)
    return (generator.synthesize(delta.on(near)) - wanted).square().mean()


def _pivots(generator: Generator, images: Tensor, options: PtiOptions, seed: int) -> Tensor:
    method = _pivot_method(generator, options.pivot)
    given = {} if options.pivot_steps is None else {"steps": options.pivot_steps}
    chosen = build_options(method.options, given, owner=method.name)
    found = method.invert(generator, images, chosen, seed=seed, progress=silent)
    return found.w.detach()


def _pivot_method(generator: Generator, name: str) -> Inverter:
    inverters = plugins.registry().inverters
    if name == NAME:
        raise OptionError(
            f"--pivot of {NAME} is {NAME} itself; use e4e, optimize or another inverter"
        )
    if name != "auto":
        return inverters[name]
    known = {method.name: method for method in inverters}
    for candidate in _PREFERRED:
        if candidate in known and known[candidate].suits(generator.info):
            return known[candidate]
    raise MissingWeightsError(
        f"{NAME} found no inverter for its pivot; install the distribution with e4e and optimize, or name "
        f"one with --pivot"
    )
