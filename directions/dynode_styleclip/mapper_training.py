"""Train a mapper: a network that edits every picture by one text, each in its own way."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dynode.direction import Direction, DirectionInfo, StyleMapper
from dynode.errors import GeneratorMismatchError
from dynode.generator import Generator, draw_population
from dynode.latents import Latents
from dynode.models import cache_folder
from dynode.pipeline import read_codes
from dynode.plugins import Progress, TextImageModel
from dynode.text import check_text, load_text_model
from dynode.training import Processes, Ranger, Run, cosine_rate, generator_at
from dynode_encoders import load_face_embedding
from dynode_styleclip.mapper_losses import PUBLISHED_L2, DefaultLoss, MapperLoss, PublishedLoss
from dynode_styleclip.mapper_network import PUBLISHED_STEP, as_direction, new_mapper, offsets_of
from dynode_styleclip.optimisation import DEFAULT
from dynode_styleclip.options import MapperOptions
from dynode_styleclip.statistics import check_has_styles, measure_styles

_POOL = 2048
_SAVE_EVERY = 25
_WARMUP = 20


@dataclass(frozen=True)
class _Settings:
    """Numbers of a mode."""

    steps: int
    batch: int
    learning_rate: float
    l2: float


_PUBLISHED = _Settings(steps=50_000, batch=2, learning_rate=0.5, l2=PUBLISHED_L2)
_DEFAULT = _Settings(steps=100, batch=8, learning_rate=0.5, l2=DEFAULT.l2_lambda)


def find_mapper(
    generator: Generator,
    options: MapperOptions,
    *,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    listener: Callable[[Mapping[str, float]], None] | None = None,
) -> Direction:
    """Train a mapper, or go on where an interrupted training of the same options stopped.

    Args:
        generator: What draws; not changed.
        options: See `MapperOptions`.
        seed: Seed of weights and batches.
        progress: Called after every step with the loss.
        folder: Where the run is kept and stays; None for a folder in the cache that goes when the
            mapper is done.
        listener: Is told every line of the log.

    Returns:
        A mapper over W+ rows or style vectors.

    Raises:
        OptionError: The text cannot be used, no row is left to move, or the generator has no styles.
        GeneratorMismatchError: The codes to train on are not this generator's.
        UsageError: The folder holds a run with other options.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 5.
    """
    check_has_styles(generator.info)  # before a text-image model of hundreds of MB is asked for
    model = load_text_model(
        generator.info, device=generator.device, name=options.clip, weights=options.clip_weights
    )
    text = check_text(model, options.text)
    settings = _settings(options)
    recipe = _recipe(options, settings, generator, seed)
    own = folder or options.folder
    where = own or cache_folder() / "styleclip" / f"mapper-{_digest(recipe)}"
    mapper = new_mapper(generator, options, generator_at(seed, 1))
    scale = PUBLISHED_STEP if options.published else _typical_step(generator, mapper, seed)
    loss = _loss(generator, model, text, options, settings, seed)
    codes = _codes(generator, options, seed)
    _train(
        generator,
        mapper,
        codes,
        loss,
        scale,
        settings,
        options,
        recipe,
        where,
        seed,
        progress,
        listener,
    )
    if own is None:
        shutil.rmtree(where, ignore_errors=True)
    info = DirectionInfo(
        name=text,
        options={"text": text},
        unit="the edit the mapper was trained for",
        scale=1.0 if options.published else DEFAULT.overshoot,
    )
    return as_direction(mapper, scale, info)


def _settings(options: MapperOptions) -> _Settings:
    mode = _PUBLISHED if options.published else _DEFAULT
    return _Settings(
        steps=options.steps or mode.steps,
        batch=options.batch or mode.batch,
        learning_rate=options.learning_rate or mode.learning_rate,
        l2=mode.l2 if options.l2_lambda < 0 else options.l2_lambda,
    )


def _typical_step(generator: Generator, mapper: nn.Module, seed: int) -> float:
    """Return the root mean square deviation of what is moved: an output of 1 is one of them."""
    if isinstance(mapper, StyleMapper):
        spread = measure_styles(generator, seed=seed, truncation=1.0).deviations
        return float(torch.cat(list(spread.values())).square().mean().sqrt())
    with torch.no_grad():
        w = generator.sample(512, seed=seed, truncation=1.0).w[:, 0].float()
    return float((w - w.mean(0)).square().mean().sqrt())


def _loss(
    generator: Generator,
    model: TextImageModel,
    text: str,
    options: MapperOptions,
    settings: _Settings,
    seed: int,
) -> MapperLoss:
    identity = None
    if options.identity_weights is not None:
        identity = load_face_embedding(options.identity_weights, generator.device)
    if options.published:
        return PublishedLoss(
            generator,
            model,
            text,
            l2=settings.l2,
            identity=identity,
            id_lambda=options.id_lambda,
        )
    return DefaultLoss(
        generator,
        model,
        text,
        options.neutral,
        l2=settings.l2,
        identity=identity,
        id_lambda=options.id_lambda,
        seed=seed,
    )


def _codes(generator: Generator, options: MapperOptions, seed: int) -> Tensor:
    """Return the codes (n, rows, w_dim) that batches are taken from."""
    if options.codes is None:
        drawn = draw_population(generator, _POOL, seed=seed, truncation=options.truncation)
        return drawn.latents.w
    told = generator.info.fingerprint
    codes = read_codes(options.codes, fingerprint=told, must_be_codes=True).w
    wanted = (generator.info.num_layers, generator.info.w_dim)
    if tuple(codes.shape[1:]) != wanted:
        raise GeneratorMismatchError(
            f"{options.codes.name} holds codes {tuple(codes.shape[1:])}, generator "
            f"{generator.info.name} takes {wanted}; invert the pictures with this generator"
        )
    return codes.to(generator.device, generator.dtype)


def _train(
    generator: Generator,
    mapper: Any,  # RowMapper or StyleMapper
    codes: Tensor,
    loss: MapperLoss,
    scale: float,
    settings: _Settings,
    options: MapperOptions,
    recipe: Mapping[str, Any],
    folder: Path,
    seed: int,
    progress: Progress,
    listener: Callable[[Mapping[str, float]], None] | None,
) -> None:
    processes = Processes.join(generator.device)
    share = processes.share(settings.batch)
    optimizer = _optimizer(mapper, settings, options)

    def step(index: int) -> dict[str, float]:
        if not options.published:
            warmup = min(_WARMUP, settings.steps // 10)
            rate = cosine_rate(index, settings.steps, peak=settings.learning_rate, warmup=warmup)
            optimizer.param_groups[0]["lr"] = rate
        chosen = torch.randint(
            len(codes), (settings.batch,), generator=generator_at(seed, 2, index)
        )[share]
        start = Latents(codes[chosen.to(codes.device)])
        total = loss(start, offsets_of(mapper, generator, start, scale)).mean()
        optimizer.zero_grad()
        total.backward()
        processes.average_gradients(mapper.parameters(), mend=False)
        optimizer.step()
        return {"loss": float(processes.mean(total.detach()))}

    run = Run(folder, {"mapper": mapper}, optimizer, recipe, is_writer=processes.is_first)
    run.listener = listener
    run.steps(step, total=settings.steps, save_every=_SAVE_EVERY, log_every=1, progress=progress)
    processes.wait()


def _optimizer(
    mapper: nn.Module, settings: _Settings, options: MapperOptions
) -> torch.optim.Optimizer:
    if options.published:
        return Ranger(mapper.parameters(), lr=settings.learning_rate)
    return torch.optim.Adam(mapper.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99))


def _recipe(
    options: MapperOptions, settings: _Settings, generator: Generator, seed: int
) -> dict[str, Any]:
    """Return everything that shapes the result, as JSON values."""
    told = {name: str(value) for name, value in asdict(options).items() if name != "folder"}
    return told | asdict(settings) | {"seed": seed, "generator": generator.info.fingerprint}


def _digest(recipe: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]
