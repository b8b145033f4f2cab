"""Train the scorer of a world on renders whose factors are known."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.files import check_free, save_tensors
from dynode.generator import Generator
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.training import Run, cosine_rate, follow, generator_at, stored
from dynode_worlds.scorer import INPUT_PX, ScorerNetwork
from dynode_worlds.training.pictures import Album, AlbumOptions, worn
from dynode_worlds.training.precision import half_precision
from dynode_worlds.world import World


@dataclass(frozen=True)
class ScorerRecipe(AlbumOptions):
    """Options of `train_scorer`; the defaults made the bundled ones."""

    steps: int = option(1500, help="Steps of training.", unit="steps", min=1)
    batch: int = option(128, help="Pictures a step.", min=2)
    learning_rate: float = option(2e-3, help="Highest learning rate.", min=0.0)
    width: int = option(32, help="Channels of the first stage.", min=4)


def train_scorer(
    world: World,
    output: Path,
    recipe: ScorerRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train a scorer, or continue, and write its averaged weights.

    Args:
        world: What it is to read.
        output: Safetensors file to write.
        recipe: What to do.
        folder: Where the run keeps its state and its log.
        generator: The generator that draws a part of the pictures; None for the bundled one.
        force: Replace an output that exists.
        progress: Called after every step.
        until: Stop after this many steps, to be continued later.

    Raises:
        OutputExistsError: The output exists and `force` is off.
        UsageError: The folder holds a run of another recipe.
    """
    check_free(output, force=force)
    torch.manual_seed(recipe.seed)
    model: nn.Module = ScorerNetwork(recipe.width, world.factors).to(
        memory_format=torch.channels_last
    )
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0, weight_decay=0.02)
    album = Album(world, recipe, INPUT_PX, generator)

    def step(index: int) -> dict[str, float]:
        random = generator_at(recipe.seed, 1, index)
        images, factors = album.batch(index, recipe.batch, random)
        rate = cosine_rate(index, recipe.steps, peak=recipe.learning_rate, warmup=200)
        loss = _update(model, optimizer, worn(images, random), factors, rate)
        follow(average, model, min(0.998, (1 + index) / (10 + index)))
        return {"loss": loss, "rate": rate}

    identity = {**dataclasses.asdict(recipe), "generator": album.source}
    run = Run(folder, {"model": model, "average": average}, optimizer, identity)
    run.steps(step, total=recipe.steps, progress=progress, until=until)
    save_tensors(stored(average.state_dict()), output, {"model": f"{world.name}-scorer"})


def _update(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    factors: Tensor,
    rate: float,
) -> float:
    """Take one step towards the factors; half precision where the processor is fast at it."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    images = images.contiguous(memory_format=torch.channels_last)
    with half_precision(images.device):
        predicted = model(images)
    loss = functional.mse_loss(predicted.float(), factors)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())
