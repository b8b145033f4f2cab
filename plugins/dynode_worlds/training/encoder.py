"""Train the encoder of a world: factors first, then the picture that the generator makes of them."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from dynode.files import check_free, save_tensors
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.training import (
    MuonAdam,
    Run,
    cosine_rate,
    follow,
    generator_at,
    keep_freed_memory,
    parameter_kinds,
    stored,
)
from dynode_worlds.encoder import WorldEncoder
from dynode_worlds.training.losses import detail_weight, psnr
from dynode_worlds.training.pictures import draw_factors
from dynode_worlds.training.precision import half_precision
from dynode_worlds.world import World

_HELD_OUT = 992
_DRAWN_SHARE = 0.3
_OFFSET_COST = 1.0


@dataclass(frozen=True)
class EncoderRecipe:
    """Options of `train_encoder`; the defaults made the one of facets."""

    steps: int = option(1300, help="Steps that learn the factors.", unit="steps", min=1)
    picture_steps: int = option(1000, help="Further steps that also learn the picture.", min=0)
    batch: int = option(64, help="Pictures a step.", min=2)
    picture_batch: int = option(16, help="Pictures a step, once the picture is learned.", min=2)
    learning_rate: float = option(4e-3, help="Highest learning rate.", min=0.0)
    picture_weight: float = option(1.0, help="Weight of the picture's error.", min=0.0)
    width: int = option(32, help="Channels of the first stage.", min=2)
    seed: int = option(0, help="Seed of everything random.")


def train_encoder(
    world: World,
    output: Path,
    recipe: EncoderRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    held_out: int = 256,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train an encoder, or continue, and write its averaged weights.

    Args:
        world: What it is to read.
        output: Safetensors file to write.
        recipe: What to do.
        folder: Where the run keeps its state and its log (step, loss, rate, and the PSNR of
            held-out renders drawn again from their codes).
        generator: The generator the codes are for, not changed; None for the bundled one.
        held_out: Renders for the PSNR.
        force: Replace an output that exists.
        progress: Called after every step.
        until: Stop after this many steps, to be continued later.

    Raises:
        OutputExistsError: The output exists and `force` is off.
        UsageError: The folder holds a run of another recipe.
    """
    check_free(output, force=force)
    keep_freed_memory()
    torch.manual_seed(recipe.seed)
    generator = generator or world.load_generator("cpu")
    info = generator.info
    model = WorldEncoder(world.codes, info.num_layers, w_dim=info.w_dim, width=recipe.width)
    model = model.to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = MuonAdam(*parameter_kinds(model), lr=0.0)
    total = recipe.steps + recipe.picture_steps

    def step(index: int) -> dict[str, float]:
        rate = cosine_rate(index, total, peak=recipe.learning_rate, warmup=100)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = _update(world, model, optimizer, generator, recipe, index)
        follow(average, model, min(0.998, (1 + index) / (10 + index)))
        figures = {"loss": loss, "rate": rate}
        if (index + 1) % 500 == 0 or index + 1 == total:
            figures["psnr"] = held_out_psnr(world, average, generator, held_out)
        return figures

    identity = {**dataclasses.asdict(recipe), "generator": info.fingerprint}
    run = Run(folder, {"model": model, "average": average}, optimizer, identity)
    run.steps(step, total=total, progress=progress, until=until)
    metadata = {
        "model": f"{world.name}-encoder",
        "w_dim": str(info.w_dim),
        "generator": info.fingerprint,
    }
    save_tensors(stored(average.state_dict()), output, metadata)


@torch.no_grad()
def held_out_psnr(world: World, encoder: WorldEncoder, generator: Generator, count: int) -> float:
    """Compute the mean PSNR between held-out renders and what the generator makes of their codes."""
    was_training = encoder.training
    encoder.eval()
    z = torch.randn(count, generator.info.z_dim, generator=generator_at(_HELD_OUT, count))
    total = 0.0
    for factors in world.population.factors(z).split(32):
        images = world.render(factors, generator.info.resolution[0])
        again = generator.synthesize(Latents(encoder(images)), noise="none")
        total += psnr(again, images) * len(factors)
    encoder.train(was_training)
    return total / count


def _update(
    world: World,
    model: WorldEncoder,
    optimizer: torch.optim.Optimizer,
    generator: Generator,
    recipe: EncoderRecipe,
    index: int,
) -> float:
    """Take one step."""
    random = generator_at(recipe.seed, 2, index)
    with_picture = index >= recipe.steps
    size = recipe.picture_batch if with_picture else recipe.batch
    factors = draw_factors(world.population, size, random)
    share = _DRAWN_SHARE if with_picture else 0.0
    images = _pictures(world, factors, generator, share, random)
    with half_precision("cpu"):
        read, offsets = model.read(images)
    read, offsets = read.float(), offsets.float()
    loss = functional.smooth_l1_loss(read, factors, beta=0.05)
    if with_picture:
        again = _drawn(world, read, offsets, generator)
        error = (detail_weight(images) * (again - images).abs()).mean()
        loss = loss + recipe.picture_weight * error + _OFFSET_COST * offsets.square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def _pictures(
    world: World, factors: Tensor, generator: Generator, share: float, random: torch.Generator
) -> Tensor:
    """Make slightly noisy pictures, a share of them by the generator, the others rendered."""
    info = generator.info
    count = round(len(factors) * share)
    images = world.render(factors[count:], info.resolution[0])
    if count:
        codes = world.codes.code_of(factors[:count], info.w_dim)[:, None].expand(
            -1, info.num_layers, -1
        )
        drawn = generator.synthesize(Latents(codes.contiguous()), noise="none")
        images = torch.cat([drawn.clamp(-1, 1), images])
    amount = 0.03 * torch.rand(len(factors), 1, 1, 1, generator=random)
    return images + amount * torch.randn(images.shape, generator=random)


def _drawn(world: World, read: Tensor, offsets: Tensor, generator: Generator) -> Tensor:
    """Render what was read, with gradients to it."""
    rows = read[:, None] + offsets
    codes = world.codes.code_of(rows.flatten(0, 1), generator.info.w_dim)
    latents = Latents(codes.view(len(read), -1, generator.info.w_dim))
    with half_precision("cpu"):
        return generator.synthesize(latents, noise="none").float()
