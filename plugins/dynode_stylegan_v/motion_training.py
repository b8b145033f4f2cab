"""Train motion for a generator that stands still: a GAN over trajectories of its codes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.errors import UsageError
from dynode.plugins import Progress, silent
from dynode.training import Run, follow, generator_at
from dynode_stylegan_v.motion import MotionNetwork
from dynode_stylegan_v.motion_judge import MotionJudge
from dynode_stylegan_v.motion_options import AdversarialOptions
from dynode_stylegan_v.moving import MovingNetwork
from dynode_stylegan_v.moving_space import MovingSpace

if TYPE_CHECKING:
    from pathlib import Path

_DISTANCES = (1, 1, 2, 3, 5, 8)
_R1_EVERY = 4
_AVERAGE = 0.995
_AVERAGE_AFTER = 100
# The convolutions' and encoder's weights are kept 1 / 0.01 and 1 times their effect: a step of Adam
# has to be as much larger to turn them as it turns the other layers.
_CONVOLUTION_RATE = 100.0
_NOISE, _REAL = 1, 2


def train_motion(
    space: MovingSpace,
    options: AdversarialOptions,
    *,
    folder: Path,
    seed: int,
    recipe: dict[str, Any] | None = None,
    until: int | None = None,
    listener: Callable[[Mapping[str, float]], None] | None = None,
    progress: Progress = silent,
) -> MovingNetwork:
    """Train, or continue, and return the running average of the motion, in codes.

    Real and made motion meet in the coordinates of `space`: a judge sees `frames` evenly spaced
    frames of each. No picture is drawn.

    Args:
        space: Where the real clips are.
        options: See `AdversarialOptions`.
        folder: Where the run keeps its state and its log.
        seed: Seed of weights and batches.
        recipe: Whatever else shapes the result, as JSON values.
        until: Stop after this many steps, to be continued later.
        listener: Is told every line of the log.
        progress: Called after every step.

    Raises:
        UsageError: The clips are too short, or the folder holds a run with other options.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683, and Tian et al. 2021, MoCoGAN-HD,
        arXiv:2104.15069 (motion in the code space of a frozen image generator).
        Deviation: MoCoGAN-HD judges pictures; here codes are judged.
    """
    game = _Game.new(space, options, seed)
    run = Run(
        folder,
        {"motion": game.motion, "average": game.average, "judge": game.judge},
        game.optimizer,
        {**asdict(options), "objective": "gan", "seed": seed, **(recipe or {})},
        others={"judge": game.judge_optimizer},
    )
    run.listener = listener
    run.steps(
        game.step, total=options.steps, until=until, save_every=50, log_every=50, progress=progress
    )
    return in_codes(game.average, space)


def in_codes(motion: MovingNetwork, space: MovingSpace) -> MovingNetwork:
    """Turn a motion of coordinates into one of style codes."""
    made = MovingNetwork(motion.config, len(space.basis), motion.hidden)
    state = dict(motion.state_dict())
    state["head.weight"] = space.basis @ state["head.weight"]
    made.load_state_dict(state)
    return made.eval()


@dataclass
class _Game:
    """Both sides of the training, and what they play with."""

    space: MovingSpace
    options: AdversarialOptions
    seed: int
    motion: MovingNetwork
    average: MovingNetwork
    judge: MotionJudge
    optimizer: torch.optim.Optimizer
    judge_optimizer: torch.optim.Optimizer

    @classmethod
    def new(cls, space: MovingSpace, options: AdversarialOptions, seed: int) -> _Game:
        length, width = space.clips.shape[1:]
        if length < options.frames:
            raise UsageError(
                f"the clips have {length} frames and the judge sees {options.frames}; give longer "
                "clips, or fewer --frames"
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            motion = MovingNetwork(options.motion, width, options.hidden)
            judge = MotionJudge(width, options.frames, length)
        rate = options.learning_rate
        return cls(
            space,
            options,
            seed,
            motion,
            copy.deepcopy(motion),
            judge,
            torch.optim.Adam(_groups(motion, rate), betas=(0.0, 0.99)),
            torch.optim.Adam(judge.parameters(), lr=2 * rate, betas=(0.0, 0.99)),
        )

    def step(self, index: int) -> dict[str, float]:
        """Take one step of the judge and one of the motion."""
        loss_judge = self._judge_loss(index)
        _descend(self.judge_optimizer, loss_judge)
        made, times = self._made(index, 1)
        loss = F.softplus(-self.judge(made, times)).mean()
        _descend(self.optimizer, loss)
        follow(self.average, self.motion, _AVERAGE if index > _AVERAGE_AFTER else 0.5)
        return {"judge": float(loss_judge.detach()), "motion": float(loss.detach())}

    def _judge_loss(self, index: int) -> Tensor:
        with torch.no_grad():
            made, made_times = self._made(index, 0)
        real, times = self._real(index)
        is_penalised = index % _R1_EVERY == 0 and self.options.gamma > 0
        logits = self.judge(real.requires_grad_(is_penalised), times)
        loss = F.softplus(self.judge(made, made_times)).mean() + F.softplus(-logits).mean()
        if is_penalised:
            (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
            penalty = slope.square().sum((1, 2)).mean()
            loss = loss + self.options.gamma / 2 * _R1_EVERY * penalty
        return loss

    def _made(self, index: int, turn: int) -> tuple[Tensor, Tensor]:
        random = generator_at(self.seed, _NOISE, index, turn)
        times = self._times(random, is_whole=False)
        config = self.options.motion
        last = self.space.clips.shape[1] - 1
        codes = self.motion.motion
        assert isinstance(codes, MotionNetwork)
        _, rows = codes.trajectory_length(last)
        noise = torch.randn(len(times), rows, config.z_dim, generator=random)
        made: Tensor = self.motion(codes(times, noise))
        return made, times

    def _real(self, index: int) -> tuple[Tensor, Tensor]:
        random = generator_at(self.seed, _REAL, index)
        times = self._times(random, is_whole=True)
        clips = torch.randint(len(self.space.clips), (len(times), 1), generator=random)
        return self.space.clips[clips, times.long()], times

    def _times(self, random: torch.Generator, *, is_whole: bool) -> Tensor:
        """Draw evenly spaced times (batch, frames) float64."""
        frames, room = self.options.frames, self.space.clips.shape[1] - 1
        allowed = torch.tensor([d for d in _DISTANCES if d * (frames - 1) <= room])
        chosen = torch.randint(len(allowed), (self.options.batch,), generator=random)
        steps = allowed[chosen].double()[:, None]
        free = room - steps * (frames - 1)
        share = torch.rand(len(steps), 1, generator=random, dtype=torch.float64)
        start = (share * (free + 1)).floor() if is_whole else share * free
        return start + steps * torch.arange(frames, dtype=torch.float64)


def _groups(motion: MovingNetwork, rate: float) -> list[dict[str, Any]]:
    slow = [part for name, part in motion.named_parameters() if ".conv." in name]
    chosen = {id(part) for part in slow}
    others = [part for part in motion.parameters() if id(part) not in chosen]
    return [{"params": others, "lr": rate}, {"params": slow, "lr": rate * _CONVOLUTION_RATE}]


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
