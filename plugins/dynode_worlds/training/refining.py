"""Train a further block of a world's generator, which draws the same codes at twice the size."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.files import check_free
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.stylegan2 import Block, LayerInputs, Linear, StyleGAN2, SynthesisState
from dynode.training import (
    MuonAdam,
    Run,
    cosine_rate,
    follow,
    generator_at,
    keep_freed_memory,
    parameter_kinds,
)
from dynode.weights import write_safetensors
from dynode_worlds.finer import finer_config
from dynode_worlds.training.code_samples import draw_codes
from dynode_worlds.training.export import laid_into_w
from dynode_worlds.training.losses import picture_loss, psnr
from dynode_worlds.training.precision import half_precision
from dynode_worlds.training.stages import targets_at
from dynode_worlds.world import World

_HELD_OUT, _PICTURES, _EVERY = 991, 64, 100
_WARMUP = 50
_SQUARES = 12.0  # about the size of the loss before it, which Adam's second moments remember


@dataclass(frozen=True)
class RefiningRecipe:
    """Options of `train_refinement`; the defaults made the one of facets."""

    channels: int = option(48, help="Channels of the block.", min=1)
    steps: int = option(1600, help="Training steps.", unit="batches", min=1)
    batch: int = option(8, help="Pictures a step.", min=1)
    learning_rate: float = option(0.01, help="Highest learning rate.", min=0.0)
    average: float = option(0.99, help="Decay of the running average of the weights.")
    seed: int = option(0, help="Seed of everything random.")


def train_refinement(
    world: World,
    generator: StyleGAN2,
    output: Path,
    recipe: RefiningRecipe,
    *,
    folder: Path,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train one more block on a generator that stays as it is, or continue.

    The block reads the last row of the codes, as a function of the factors themselves; the export lays
    that into the code space, as for the generator.

    Args:
        world: What to draw.
        generator: The generator of the world.
        output: Weights of the block to write, see `dynode_worlds.finer.drawn_finer_by`.
        recipe: What to do.
        folder: Where the run keeps its state and its log: step, loss, now and then the PSNR.
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
    block = new_block(generator, recipe.channels, world.factors)
    refining = _Refining(world, generator, recipe, block)
    modules = {"model": block, "average": refining.average}
    run = Run(folder, modules, refining.optimizer, dataclasses.asdict(recipe))
    run.steps(refining.step, total=recipe.steps, progress=progress, until=until)
    write_safetensors(state_of(world, refining.average, generator.info.w_dim), output, {})


class _Refining:
    """A training under way."""

    def __init__(
        self, world: World, generator: StyleGAN2, recipe: RefiningRecipe, block: Block
    ) -> None:
        self.world, self.generator, self.recipe, self.block = world, generator, recipe, block
        self.average = copy.deepcopy(block).requires_grad_(False)
        self.optimizer = MuonAdam(*parameter_kinds(block), lr=recipe.learning_rate)

    def step(self, index: int) -> dict[str, float]:
        """Take one step, and say what it gave."""
        recipe, world = self.recipe, self.world
        for group in self.optimizer.param_groups:
            group["lr"] = cosine_rate(
                index, recipe.steps, peak=recipe.learning_rate, warmup=_WARMUP
            )
        random = generator_at(recipe.seed, index)
        rows = self.generator.info.num_layers
        codes, factors = draw_codes(world.population, recipe.batch, rows, random)
        with half_precision("cpu"):
            images = drawn_finer(world, self.generator, self.block, codes).float()
        targets = targets_at(world, factors, self.block.resolution)
        loss = _loss(images, targets, 2 * index / recipe.steps)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        follow(self.average, self.block, min(recipe.average, (1 + index) / (10 + index)))
        figures = {"loss": loss.item()}
        if (index + 1) % _EVERY == 0 or index + 1 == recipe.steps:
            figures["psnr"] = held_out_psnr(world, self.generator, self.average, _PICTURES)
        return figures


def new_block(generator: StyleGAN2, channels: int, factors: int) -> Block:
    """Make a block behind the last of a generator; its codes are factors, its picture starts at zero."""
    config = finer_config(generator.network.config, channels)
    block = Block(dataclasses.replace(config, w_dim=factors), config.resolution)
    torch.nn.init.zeros_(block.torgb.weight)
    for layer in (block.conv0, block.conv1):
        layer.noise_strength.requires_grad_(False)
    return block.to(memory_format=torch.channels_last)


def drawn_finer(world: World, generator: StyleGAN2, block: Block, rows: Tensor) -> Tensor:
    """Draw rows of factors (n, rows, F) at the block's size, differentiable in the block's weights."""
    with torch.no_grad():
        w = world.codes.code_of(rows.flatten(0, 1), generator.info.w_dim).unflatten(
            0, rows.shape[:2]
        )
        synthesis = generator.network.synthesis
        state = synthesis.advance(SynthesisState(), LayerInputs(synthesis.styles(w)))
    styles = {name: affine(rows[:, -1]) for name, affine in _affines(block).items()}
    image = block(state, LayerInputs(styles)).image
    assert image is not None
    return image  # type: ignore[no-any-return]


@torch.no_grad()
def held_out_psnr(world: World, generator: StyleGAN2, block: Block, count: int) -> float:
    """Compute the mean PSNR over pictures of z that training never draws."""
    z = torch.randn(count, generator.info.z_dim, generator=generator_at(_HELD_OUT, count))
    factors = world.population.factors(z * z.square().mean(1, keepdim=True).rsqrt())
    total = 0.0
    for part in factors.split(8):
        rows = part[:, None].expand(-1, generator.info.num_layers, -1)
        total += psnr(
            drawn_finer(world, generator, block, rows), targets_at(world, part, block.resolution)
        ) * len(part)
    return total / count


def state_of(world: World, block: Block, w_dim: int) -> dict[str, Tensor]:
    """Lay a block of factors into the code space: its native weights, under the block's name."""
    state = {}
    for key, part in block.state_dict().items():
        if not key.endswith("noise_const"):  # of strength 0
            state[f"{block.name}.{key}"] = (
                part.half().contiguous() if part.ndim == 4 else part.clone()
            )
    for name, affine in _affines(block).items():
        weight, bias = laid_into_w(world.codes, affine.weight, affine.bias, w_dim)
        state[f"{name}.affine.weight"], state[f"{name}.affine.bias"] = weight, bias
    return state


def _affines(block: Block) -> dict[str, Linear]:
    """List what reads the codes, by the names of the layers."""
    affines = (block.conv0.affine, block.conv1.affine, block.torgb.affine)
    return dict(zip(block.layer_names, affines, strict=True))


def _loss(images: Tensor, targets: Tensor, place: float) -> Tensor:
    """Return the loss of pictures: in the second half, from place 1 on, the squares that PSNR measures."""
    if place < 1:
        return picture_loss(images, targets, place)
    return _SQUARES * (images - targets).square().mean()
