"""The loop: both sides in turns, the running average, and what is shown while it goes on."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dynode.plugins import Progress, silent
from dynode.training import EventFiles, Processes, Run, follow, generator_at
from dynode_adversarial.augmenting import Augmentation, Strength
from dynode_adversarial.batch import Batch, Sides
from dynode_adversarial.losses import R1_EVERY, gradient_penalty, passing_loss, telling_loss
from dynode_adversarial.options import AdversarialOptions
from dynode_adversarial.plots import plot_losses
from dynode_adversarial.sheets import write_samples

_G_EVERY = 4  # the published rates count a regularisation of the generator every fourth step
_ADAPT_EVERY = 4
_RAMP = 0.05
_AUGMENT, _CHANCE = 21, 22
_WARN_ABOVE = 0.5


@dataclass(frozen=True)
class Plan:
    """Where and how a training runs.

    Attributes:
        folder: Where samples, plots, log, snapshots and the state are kept.
        seed: Seed of everything random.
        resolution: Side of the pictures in pixels, which rate and penalty depend on.
        group: Items of a group of the discriminator's statistic.
        recipe: Whatever else shapes the result, as JSON values.
        processes: This process among several.
        is_warm: The generator was trained before: the average starts slow at once.
        until: Stop after so many steps, to be continued later.
    """

    folder: Path
    seed: int
    resolution: int
    group: int
    recipe: Mapping[str, Any]
    processes: Processes = Processes()
    is_warm: bool = False
    until: int | None = None


def train_against(
    sides: Sides, options: AdversarialOptions, plan: Plan, *, progress: Progress = silent
) -> None:
    """Train a generator against its discriminator, or go on with a run that was stopped.

    A run that was killed ends, on the processors it began on, with the same weights.

    Args:
        sides: Both networks, in training mode, and what they are shown.
        options: See `AdversarialOptions`.
        plan: Where and how.
        progress: Called after every step.

    Raises:
        OptionError: The batch cannot be shared among the processes, or tensorboard is missing.
        UsageError: The folder holds a run with other options.

    Source:
        Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676; Skorokhodov et al. 2022, StyleGAN-V,
        arXiv:2112.14683. Deviations: items drawn with replacement; augmentation has a ceiling.
    """
    game = _Game(sides, options, plan)
    run = Run(
        plan.folder,
        {"generator": sides.generator, "average": sides.average, "judge": sides.discriminator},
        game.optimizer,
        {**options.shaping(), "seed": plan.seed, **plan.recipe},
        others={"judge": game.judge_optimizer, "strength": game.strength},
        is_writer=plan.processes.is_first,
        listener=game.listener,
    )
    run.steps(
        game.step,
        total=options.steps,
        until=plan.until,
        save_every=options.save_every,
        log_every=1 if options.steps <= 1000 else 25,
        progress=_with_speed(game, progress),
    )
    plan.processes.wait()


class _Game:
    """Both sides of the training and the state between steps."""

    def __init__(self, sides: Sides, options: AdversarialOptions, plan: Plan) -> None:
        self.sides, self.options, self.folder = sides, options, plan.folder
        self.seed, self.processes, self.is_warm = plan.seed, plan.processes, plan.is_warm
        self.items = self.processes.items(options.batch, plan.group)
        self.gamma = options.gamma_at(plan.resolution)
        rate = options.rate_at(plan.resolution)
        self.optimizer = _adam([(sides.generator, 1.0)], rate, _G_EVERY)
        self.judge_optimizer = _adam(sides.judges(), rate, R1_EVERY)
        self.augmentation = Augmentation(options.augment_set, options.flip)
        self.strength = Strength(
            options.augment,
            options.augment_start,
            options.augment_target,
            options.augment_ceiling,
            options.augment_kimg * 1000,
        )
        events = EventFiles(plan.folder / "tensorboard") if options.tensorboard else None
        self.listener = None if events is None else events.write
        self.frames = 1
        self._has_warned = False

    def step(self, index: int) -> dict[str, float]:
        """Take one step of both sides."""
        with torch.random.fork_rng(devices=[]):
            place = generator_at(self.seed, _CHANCE, index, self.processes.rank)
            torch.manual_seed(place.initial_seed())
            made = self._move_generator(index)
            told, sign = self._move_judge(index)
            penalty = self._penalise(index) if index % R1_EVERY == 0 and self.gamma > 0 else None
        figures = self.processes.mean(torch.stack([made, told, sign])).tolist()
        self._average(index)
        self._adapt(index, figures[2])
        names = ("generator", "discriminator", "real_sign")
        logged = dict(zip(names, figures, strict=True)) | {"augment": self.strength.value}
        if penalty is not None:
            logged["penalty"] = float(self.processes.mean(penalty))
        self._show(index + 1)
        return logged

    def _move_generator(self, index: int) -> Tensor:
        with _held(self.judge_optimizer):
            fake = self.sides.fake(index, 0, self.items)
            self.frames = fake.frames
            loss = passing_loss(self.sides.judge(self._augmented(fake, index, 0)))
            self._descend(self.optimizer, loss)
        mean = self.sides.mean_code()
        if mean is not None and fake.w is not None:
            mean.lerp_(self.processes.mean(fake.w.detach().mean(0)).to(mean), 1 - 0.995)
        return loss.detach()

    def _move_judge(self, index: int) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            fake = self.sides.fake(index, 1, self.items)
        real = self.sides.real(index, self.items)
        judged = self.sides.judge(self._augmented(real, index, 2))
        loss = telling_loss(self.sides.judge(self._augmented(fake, index, 1)), judged)
        self._descend(self.judge_optimizer, loss)
        return loss.detach(), judged[0].detach().sign().mean()

    def _penalise(self, index: int) -> Tensor:
        real = self.sides.real(index, self.items)
        real = real.showing(real.images.detach().requires_grad_())
        logits = self.sides.judge(self._augmented(real, index, 3))[0]
        penalty = gradient_penalty(logits, real.images, self.gamma)
        self._descend(self.judge_optimizer, penalty)
        return penalty.detach()

    def _augmented(self, batch: Batch, index: int, turn: int) -> Batch:
        random = generator_at(self.seed, _AUGMENT, index, turn)
        total = self.options.batch
        return self.augmentation(batch, self.strength.value, random, total, self.items)

    def _descend(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.average_gradients(_parameters(optimizer))
        optimizer.step()

    def _average(self, index: int) -> None:
        """Move the running average; its memory grows with the run unless that starts warm."""
        batch, chosen = self.options.batch, self.options.average_kimg
        half_life = 1000.0 * (batch * 10 / 32 if chosen is None else chosen)
        if not self.is_warm:
            half_life = min(half_life, _RAMP * (index + 1) * batch)
        decay = 0.5 ** (batch / half_life) if half_life else 0.0
        follow(self.sides.average, self.sides.generator, decay)

    def _adapt(self, index: int, sign: float) -> None:
        self.strength.observe(sign, self.options.batch)
        if (index + 1) % _ADAPT_EVERY == 0:
            self.strength.adapt()
        is_high = self.strength.value > _WARN_ABOVE and self.options.augment == "ada"
        if is_high and not self._has_warned and self.processes.is_first:
            self._has_warned = True
            warnings.warn(
                f"augmentation is at {self.strength.value:.2f}: the data set is small for this, and "
                "augmentations may show in what is drawn; more data, or a lower --augment-ceiling",
                stacklevel=2,
            )

    def _show(self, done: int) -> None:
        if not self.processes.is_first:
            return
        is_last = done == self.options.steps
        if done % self.options.samples_every == 0 or is_last:
            write_samples(self.sides.samples(), self.folder, done)
            plot_losses(self.folder)
        if done % self.options.snapshot_every == 0 or is_last:
            self.sides.write(self.folder / f"snapshot-{done:06d}.safetensors", force=True)


def _adam(
    networks: list[tuple[nn.Module, float]], rate: float, interval: int
) -> torch.optim.Optimizer:
    """Make Adam with rates for a regularisation every so many steps."""
    share = interval / (interval + 1)
    groups = [
        {
            "params": [part for part in network.parameters() if part.requires_grad],
            "lr": rate * factor * share,
        }
        for network, factor in networks
    ]
    kept = [group for group in groups if group["params"]]
    return torch.optim.Adam(kept, lr=rate * share, betas=(0.0, 0.99**share), eps=1e-8)


def _parameters(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [part for group in optimizer.param_groups for part in group["params"]]


class _held:
    """Gradients pass through what an optimiser moves, and are not computed for it."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._parts = _parameters(optimizer)

    def __enter__(self) -> None:
        for part in self._parts:
            part.requires_grad_(False)

    def __exit__(self, *unused: object) -> None:
        for part in self._parts:
            part.requires_grad_(True)


def _with_speed(game: _Game, progress: Progress) -> Progress:
    """Say how many frames a second go by."""
    began, first = time.monotonic(), list[int]()

    def report(done: int, total: int, message: str = "") -> None:
        first.append(done - 1) if not first else None
        seen = (done - first[0]) * game.options.batch * game.frames
        speed = seen / max(1e-9, time.monotonic() - began)
        progress(done, total, f"{speed:.1f} frames/s {message}")

    return report
