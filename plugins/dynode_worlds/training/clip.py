"""Train the small CLIP of a world on renders and captions whose agreement is known."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
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
from dynode_worlds.sphere import picture_codes
from dynode_worlds.text import ARCHITECTURE, WordTokenizer, build_network
from dynode_worlds.training.pictures import Album, AlbumOptions, draw_factors, worn
from dynode_worlds.training.precision import half_precision
from dynode_worlds.training.truth import draw_caption
from dynode_worlds.world import World


@dataclass(frozen=True)
class ClipRecipe(AlbumOptions):
    """Options of `train_clip`; the defaults made the one of facets."""

    steps: int = option(4000, help="Steps of training.", unit="steps", min=1)
    batch: int = option(64, help="Pictures a step.", min=2)
    captions: int = option(48, help="Captions a step.", min=2)
    learning_rate: float = option(1.5e-3, help="Highest learning rate.", min=0.0)
    width: int = option(24, help="Channels of the image tower's first stage.", min=4)
    reads: bool = option(False, help="Whether the image tower reads factors, not places.")
    sentences: int = option(32768, help="Captions kept in memory at a time.", min=16)


class Sayings:
    """Captions with their codes, used for a while and then replaced by others."""

    def __init__(self, world: World, recipe: ClipRecipe, tokenizer: WordTokenizer) -> None:
        """Make a collection that is filled when it is first asked.

        Args:
            world: What is spoken about.
            recipe: How many captions are held at a time, and for how many steps.
            tokenizer: Numbers their words.
        """
        self._world, self._recipe, self._tokenizer = world, recipe, tokenizer
        self._volume = -1
        self._numbers = self._codes = torch.empty(0)

    def batch(self, step: int, size: int, numbers: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw captions for a step: word numbers (n, context) and codes (n, 2 F)."""
        volume = step // self._recipe.steps_each
        if volume != self._volume:
            self._fill(volume)
        rows = torch.randint(self._recipe.sentences, (size,), generator=numbers)
        return self._numbers[rows], self._codes[rows]

    def _fill(self, volume: int) -> None:
        count, seed = self._recipe.sentences, self._recipe.seed
        factors = draw_factors(self._world.population, count, generator_at(seed, 78, volume))
        rng = random.Random(f"{seed} {volume}")
        drawn = [draw_caption(self._world, row, rng) for row in factors.tolist()]
        self._numbers = self._tokenizer([text for text, _ in drawn])
        self._codes = torch.stack([code for _, code in drawn])
        self._volume = volume


def train_clip(
    world: World,
    output: Path,
    recipe: ClipRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train both towers, or continue, and write their averaged weights.

    Both learn to place what they read where its truth lies (`dynode_worlds.training.truth`), so the
    cosine of a picture and a caption is their true agreement, and a caption pulls on what it says
    and on nothing else. It is what contrasting with every possible caption would tend to, for a
    fraction of the work.

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
    tokenizer = WordTokenizer(world.vocabulary(), ARCHITECTURE["text_cfg"]["context_length"])
    reads = world.factors if recipe.reads else 0
    model = build_network(tokenizer.size, recipe.width, reads=reads)
    _count_smoothly(model, tokenizer)
    space = _space(recipe.seed, 2 * world.factors, ARCHITECTURE["embed_dim"])
    if reads:
        model.get_buffer("visual.space").copy_(space)
    model = model.to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(_groups(model), lr=0.0, betas=(0.9, 0.98))
    album = Album(world, recipe, 64, generator)
    sayings = Sayings(world, recipe, tokenizer)

    def step(index: int) -> dict[str, float]:
        numbers = generator_at(recipe.seed, 1, index)
        images, factors = album.batch(index, recipe.batch, numbers)
        words, said = sayings.batch(index, recipe.captions, numbers)
        pictured = (worn(images, numbers), picture_codes(factors) @ space)
        rate = cosine_rate(index, recipe.steps, peak=recipe.learning_rate, warmup=100)
        losses = _update(model, optimizer, pictured, (words, said @ space), rate)
        follow(average, model, min(0.998, (1 + index) / (10 + index)))
        return {**losses, "rate": rate}

    identity = {**dataclasses.asdict(recipe), "generator": album.source}
    run = Run(folder, {"model": model, "average": average}, optimizer, identity)
    run.steps(step, total=recipe.steps, progress=progress, until=until)
    metadata = {"model": f"{world.name}-clip", "vocabulary": json.dumps(tokenizer.words)}
    save_tensors(stored(average.state_dict()), output, metadata)


def _count_smoothly(model: nn.Module, tokenizer: WordTokenizer) -> None:
    """Start the words "0" to "100" on a smooth curve, so that each need not be learned alone."""
    table = model.get_parameter("token_embedding.weight")
    waves = torch.randn(4, table.shape[1]) * table.std().detach()
    for index, word in enumerate(tokenizer.words):
        if word.isdigit():
            angle = torch.tensor(int(word) / 100.0 * torch.pi)
            shape = torch.stack([angle.cos(), angle.sin(), (2 * angle).cos(), angle * 0 + 1])
            table.data[index + 1] = shape @ waves


def _groups(model: nn.Module) -> list[dict[str, object]]:
    decayed = [part for part in model.parameters() if part.ndim > 1]
    plain = [part for part in model.parameters() if part.ndim <= 1]
    return [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]


def _space(seed: int, truths: int, width: int) -> Tensor:
    """Return an isometry of codes of truth into the embedding, (truths, width)."""
    drawn = torch.randn(width, truths, generator=generator_at(seed, 2))
    columns: Tensor = torch.linalg.qr(drawn).Q
    return columns.t()


def _update(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    pictures: tuple[Tensor, Tensor],
    captions: tuple[Tensor, Tensor],
    rate: float,
) -> dict[str, float]:
    """Take one step; both arguments are what a tower reads and where it should place it."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    images = pictures[0].contiguous(memory_format=torch.channels_last)
    with half_precision(images.device):
        seen = model.encode_image(images)  # type: ignore[operator]  # a method
        read = model.encode_text(captions[0])  # type: ignore[operator]  # a method
    of_pictures = 1.0 - functional.cosine_similarity(seen.float(), pictures[1]).mean()
    of_captions = 1.0 - functional.cosine_similarity(read.float(), captions[1]).mean()
    optimizer.zero_grad()
    (of_pictures + of_captions).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return {"pictures": float(of_pictures.detach()), "captions": float(of_captions.detach())}
