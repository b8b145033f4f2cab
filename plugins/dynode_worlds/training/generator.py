"""Train the generator of a world: a StyleGAN2 distilled from the procedural renderer."""

from __future__ import annotations

import copy
import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.files import check_free
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.stylegan2 import GeneratorConfig, LayerInputs, SynthesisNetwork
from dynode.training import MuonAdam, Run, follow, generator_at, keep_freed_memory, parameter_kinds
from dynode_worlds.training.code_samples import draw_codes
from dynode_worlds.training.export import export_generator
from dynode_worlds.training.losses import decibel_loss, picture_loss, psnr
from dynode_worlds.training.precision import half_precision
from dynode_worlds.training.stages import Stage, stage_of, targets_at
from dynode_worlds.world import World

_HELD_OUT = 991


@dataclass(frozen=True)
class GeneratorRecipe:
    """Options of `train_generator`; the defaults made the one of facets.

    The stages start at 16 px and double; `steps` gives the steps of each, `batch` the pictures.
    """

    resolution: int = option(128, help="Side of the pictures.", unit="pixels", min=16)
    channels: tuple[int, ...] = option(
        (256, 256, 256, 128, 64, 32), help="Channels of each block, from 4 pixels up."
    )
    steps: tuple[int, ...] = option((800, 800, 1000, 2400), help="Steps of each stage.")
    batch: tuple[int, ...] = option((64, 32, 32, 16), help="Pictures a step, in each stage.")
    shards: int = option(2, help="Parts of a batch; the result depends on it.", min=1)
    learning_rate: float = option(4e-3, help="Highest learning rate.", min=0.0)
    anneal: float = option(0.34, help="Last share of the steps over which it falls.", min=0.01)
    alone: float = option(
        0.0,
        help="Last share of the steps, in which the loss is the error in decibels alone.",
        min=0.0,
    )
    average: float = option(0.995, help="Decay of the running average of the weights.")
    seed: int = option(0, help="Seed of everything random.")

    def config(self, w_dim: int) -> GeneratorConfig:
        """Return the shape of the network for codes of a width."""
        channels = {4 * 2**index: count for index, count in enumerate(self.channels)}
        return GeneratorConfig(self.resolution, channels, w_dim=w_dim, mapping_layers=2)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, the last at full resolution."""
        count = len(self.steps)
        sides = [self.resolution // 2 ** (count - 1 - index) for index in range(count)]
        return tuple(map(Stage, sides, self.steps, self.batch))


def train_generator(
    world: World,
    output: Path,
    recipe: GeneratorRecipe,
    *,
    folder: Path,
    threads: int = 2,
    held_out: int = 512,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train a generator, or continue, and write it as a checkpoint.

    The mapping network is written down, see `mapping_state`; what is learned is the synthesis
    network, as a function of the factors themselves: a network whose w has one coordinate per
    factor, which the export lays into the code space. So w is linear in the factors and a code's
    part outside their span never shows.

    Args:
        world: What to draw.
        output: Checkpoint to write.
        recipe: What to do.
        folder: Where the run keeps its state and its log: step, loss, resolution, now and then the
            PSNR on held-out z.
        threads: Parts of a batch worked on at a time; does not change the result.
        held_out: Pictures of held-out z for the PSNR.
        force: Replace an output that exists.
        progress: Called after every step.
        until: Stop after this many steps, to be continued later.

    Raises:
        OptionError: Channels, stages and shards do not fit together.
        OutputExistsError: The output exists and `force` is off.
        UsageError: The folder holds a run of another recipe.
    """
    _check(recipe)
    check_free(output, force=force)
    keep_freed_memory()
    torch.manual_seed(recipe.seed)
    model = new_synthesis(recipe, world.factors)
    average = copy.deepcopy(model).requires_grad_(False)
    total = sum(recipe.steps)

    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        optimizer = MuonAdam(*parameter_kinds(model), lr=recipe.learning_rate, run=pool.map)

        def step(index: int) -> dict[str, float]:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, index)
            stage, _ = stage_of(recipe.stages, index)
            loss = _update(world, model, optimizer, recipe, index, pool)
            follow(average, model, min(recipe.average, (1 + index) / (10 + index)))
            figures = {"loss": loss, "resolution": float(stage.resolution)}
            if (index + 1) % 250 == 0 or index + 1 == total:
                figures["psnr"] = held_out_psnr(world, average, stage.resolution, held_out, pool)
            return figures

        run = Run(
            folder, {"model": model, "average": average}, optimizer, dataclasses.asdict(recipe)
        )
        run.steps(step, total=total, progress=progress, until=until)
    export_generator(world, average, recipe.config(512), output, force=force)


def _check(recipe: GeneratorRecipe) -> None:
    blocks = int(math.log2(recipe.resolution)) - 1
    if len(recipe.channels) != blocks:
        raise OptionError(
            f"channels has {len(recipe.channels)} entries; a picture of {recipe.resolution} "
            f"pixels needs {blocks}, one per block from 4 pixels up"
        )
    if len(recipe.steps) != len(recipe.batch) or not 1 <= len(recipe.steps) < blocks:
        raise OptionError(
            f"there are {len(recipe.steps)} stages in steps and {len(recipe.batch)} in batch; "
            f"give both the same number, at most {blocks - 1} for {recipe.resolution} pixels"
        )
    if any(batch % recipe.shards for batch in recipe.batch):
        raise OptionError(
            f"batch is {recipe.batch}; every one must be a multiple of shards, {recipe.shards}"
        )


def new_synthesis(recipe: GeneratorRecipe, factors: int) -> SynthesisNetwork:
    """Make the network that is trained: w is the factors, and every toRGB but the first is 0.

    A block that starts at zero changes nothing when its stage begins.
    """
    network = SynthesisNetwork(recipe.config(factors))
    for block in network.blocks[1:]:
        torch.nn.init.zeros_(block.torgb.weight)
    for name in network.rows:
        layer = network.layer(name)
        if hasattr(layer, "noise_strength"):
            layer.noise_strength.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def learning_rate(recipe: GeneratorRecipe, step: int) -> float:
    """Return the rate of a step: a short rise, level, then a cosine fall to nearly zero."""
    fall = 0.5 * (1 - math.cos(math.pi * min(1.0, _left(recipe, step))))
    return recipe.learning_rate * min(1.0, (step + 1) / 100) * fall


def _left(recipe: GeneratorRecipe, step: int) -> float:
    """Return what is left of the fall of the rate: above 1 before it, 0 at the end."""
    total = sum(recipe.steps)
    return (total - step) / (recipe.anneal * total)


def images_of(network: SynthesisNetwork, factors: Tensor, resolution: int | None = None) -> Tensor:
    """Render with the network in training: factors (n, F) or one row a layer (n, rows, F)."""
    rows = network.config.num_layers
    codes = factors if factors.ndim == 3 else factors[:, None].expand(-1, rows, -1)
    return network(LayerInputs(network.styles(codes)), resolution=resolution)  # type: ignore[no-any-return]


@torch.no_grad()
def held_out_psnr(
    world: World,
    network: SynthesisNetwork,
    resolution: int,
    count: int,
    pool: ThreadPoolExecutor,
) -> float:
    """Compute the mean PSNR over pictures of z that training never draws."""
    z = torch.randn(count, 512, generator=generator_at(_HELD_OUT, count))
    population = world.population.factors
    factors = population(z * z.square().mean(1, keepdim=True).rsqrt())

    def one(rows: tuple[Tensor, Tensor]) -> float:
        with torch.no_grad():
            targets = targets_at(world, rows[0], resolution)
            return psnr(images_of(network, rows[1], resolution), targets) * len(rows[0])

    parts = list(zip(population(z).split(32), factors.split(32), strict=True))
    return sum(pool.map(one, parts)) / count


def _update(
    world: World,
    model: SynthesisNetwork,
    optimizer: torch.optim.Optimizer,
    recipe: GeneratorRecipe,
    index: int,
    pool: ThreadPoolExecutor,
) -> float:
    """Take one step; the parts of the batch are worked on side by side and added in order."""
    stage, _ = stage_of(recipe.stages, index)
    parameters = [
        part
        for block in model.blocks
        if int(block.name[1:]) <= stage.resolution
        for part in block.parameters()
        if part.requires_grad
    ]
    squares = min(1.0, max(0.0, 1 - _left(recipe, index)))
    alone = sum(recipe.steps) - index <= recipe.alone * sum(recipe.steps)

    def work(shard: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        random = generator_at(recipe.seed, index, shard)
        size = stage.batch // recipe.shards
        codes, factors = draw_codes(world.population, size, model.config.num_layers, random)
        targets = targets_at(world, factors, stage.resolution)
        with half_precision("cpu"):
            images = images_of(model, codes, stage.resolution)
        images = images.float()
        loss = decibel_loss(images, targets) if alone else picture_loss(images, targets, squares)
        return loss.detach(), torch.autograd.grad(loss, parameters)

    results = list(pool.map(work, range(recipe.shards)))
    for number, parameter in enumerate(parameters):
        parameter.grad = torch.stack([gradients[number] for _, gradients in results]).mean(0)
    optimizer.step()
    optimizer.zero_grad()
    return torch.stack([loss for loss, _ in results]).mean().item()
