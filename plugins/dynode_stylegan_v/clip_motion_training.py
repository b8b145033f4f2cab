"""Learn motion without a judge: an autoencoder of whole clips, then a flow from noise to its codes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode.plugins import Progress, silent
from dynode.training import Run, cosine_rate, follow, generator_at
from dynode_stylegan_v.clip_motion import ClipMotion, ClipMotionConfig, SmoothLayers
from dynode_stylegan_v.clip_space import ClipSpace, clip_space
from dynode_stylegan_v.motion_options import FlowOptions
from dynode_stylegan_v.moving import MovingNetwork
from dynode_stylegan_v.moving_space import MovingSpace
from dynode_stylegan_v.splines import spline_through

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_SHARE = 0.35
_WARMUP = 20
_AVERAGE = 0.998
_UNTOLD = 1 / 8
_BLUR = 0.2


def train_clip_motion(
    space: MovingSpace,
    options: FlowOptions,
    *,
    folder: Path,
    seed: int,
    recipe: dict[str, Any] | None = None,
    until: int | None = None,
    listener: Callable[[Mapping[str, float]], None] | None = None,
    progress: Progress = silent,
) -> MovingNetwork:
    """Train, or continue, and return the motion, in codes.

    Clips are sorted into kinds, and written as a size and weights of their kind's principal curves.
    In the first third of the steps a variational autoencoder learns these; then a velocity is learned
    that turns noise into codes of the autoencoder (flow matching). Both are told the kind; the flow
    is told where a clip rests, too, except in every eighth clip, and with noise, so that it learns
    nothing by heart. Clips longer than the window are cut.

    Args and errors are those of `train_motion`, with `FlowOptions`.

    Source:
        Kingma & Welling 2014, arXiv:1312.6114; Lipman et al. 2023, Flow Matching,
        arXiv:2210.02747, with straight paths.
    """
    clips = _space_of(space.clips[:, : options.window], options.kinds)
    lesson = _Lesson.new(clips, space.rests, options, seed)
    run = Run(
        folder,
        {"motion": lesson.motion, "encoder": lesson.encoder, "average": lesson.average},
        lesson.first_optimizer,
        {**asdict(options), "objective": "flow", "seed": seed, **(recipe or {})},
        others={"flow": lesson.optimizer},
    )
    run.listener = listener
    run.steps(lesson.step, total=options.steps, until=until, save_every=50, progress=progress)
    return lesson.motion_of_codes(space.basis)


def _space_of(clips: Tensor, kinds: int) -> ClipSpace:
    if len(clips) < 2 or clips.shape[1] < 8:
        raise UsageError(
            f"there are {len(clips)} clips of {clips.shape[1]} frames; motion is learned from 2 or more "
            "clips of 8 or more frames"
        )
    return clip_space(clips, kinds)


@dataclass
class _Lesson:
    """What is trained, on what."""

    space: ClipSpace
    rests: Tensor
    options: FlowOptions
    seed: int
    motion: ClipMotion
    encoder: SmoothLayers
    average: nn.Module
    first_optimizer: torch.optim.Optimizer
    optimizer: torch.optim.Optimizer

    @classmethod
    def new(cls, space: ClipSpace, rests: Tensor, options: FlowOptions, seed: int) -> _Lesson:
        curves, length, coordinates = space.curves.shape
        kinds = len(space.shares)
        config = ClipMotionConfig(options.width, length, coordinates, curves, options.hidden, kinds)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            motion = ClipMotion(config)
            inputs = 1 + curves + kinds
            encoder = SmoothLayers(inputs, options.hidden, 2 * options.width, layers=2)
        motion.owners.copy_(space.owners)
        motion.shares.copy_(space.shares)
        motion.sizes.copy_(space.sizes)
        spread, mean = torch.std_mean(rests, dim=0, correction=0)
        motion.rests.copy_(torch.stack([mean, spread.clamp(min=1e-6)]))
        motion.mean.copy_(spline_through(space.mean.transpose(0, 1)).transpose(0, 1))
        motion.curves.copy_(spline_through(space.curves.transpose(0, 1)).transpose(0, 1))
        first = [*encoder.parameters(), *motion.decoder.parameters(), *motion.chooser.parameters()]
        return cls(
            space,
            (rests - motion.rests[0]) / motion.rests[1],
            options,
            seed,
            motion,
            encoder,
            copy.deepcopy(motion.velocity),
            torch.optim.Adam(first, lr=options.learning_rate),
            torch.optim.Adam(motion.velocity.parameters(), lr=options.learning_rate),
        )

    def step(self, index: int) -> dict[str, float]:
        """Take one step of the autoencoder, or of the flow."""
        first = round(self.options.steps * _FIRST_SHARE)
        random = generator_at(self.seed, index)
        chosen = torch.randint(len(self.space.weights), (self.options.batch,), generator=random)
        weights, kinds = self.space.weights[chosen], self.space.kinds[chosen]
        if index < first:
            self._set_rate(self.first_optimizer, index, first)
            error, divergence = self._described(weights, kinds, random)
            doubt = F.cross_entropy(self.motion.chooser(self._rest(chosen, random)), kinds)
            _descend(self.first_optimizer, error + self.options.divergence * divergence + doubt)
            found = {"error": error, "divergence": divergence, "doubt": doubt}
            return {name: float(value.detach()) for name, value in found.items()}
        self._set_rate(self.optimizer, index - first, self.options.steps - first)
        rest = self._rest(chosen, random)
        told = (torch.rand(len(rest), 1, generator=random) >= _UNTOLD).to(rest)
        condition = self.motion.condition(kinds, rest, told)
        loss = self._flow_loss(weights, kinds, condition, random)
        _descend(self.optimizer, loss)
        follow(self.average, self.motion.velocity, _AVERAGE if index > first + 500 else 0.9)
        return {"flow": float(loss.detach())}

    def motion_of_codes(self, basis: Tensor) -> MovingNetwork:
        """Return what was learned as a motion of style codes, given how coordinates move them."""
        made = MovingNetwork(self.motion.config, len(basis))
        made.motion.load_state_dict(self.motion.state_dict())
        assert isinstance(made.motion, ClipMotion)
        made.motion.velocity.load_state_dict(self.average.state_dict())
        made.head.weight.data.copy_(basis)
        return made.eval()

    def _rest(self, chosen: Tensor, random: torch.Generator) -> Tensor:
        """Give where clips rest, with noise."""
        rests = self.rests[chosen]
        return rests + _BLUR * torch.randn(rests.shape, generator=random)

    def _codes(
        self, weights: Tensor, kinds: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draw codes of clips; also their means and logarithms of variances."""
        known = torch.cat([weights, self.motion.one_hot(kinds, weights)], dim=1)
        mean, spread = self.encoder(known).chunk(2, dim=1)
        noise = torch.randn(mean.shape, generator=random)
        return mean + (spread / 2).exp() * noise, mean, spread

    def _described(
        self, weights: Tensor, kinds: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return the error of clips drawn from their codes, and the codes' divergence from noise."""
        codes, mean, spread = self._codes(weights, kinds, random)
        wrong = (self.motion.weights(codes, kinds) - weights).square()
        wrong = wrong * self.space.importance[kinds]
        divergence = 0.5 * (mean.square() + spread.exp() - spread - 1)
        return wrong.sum(1).mean(), divergence.sum(1).mean()

    def _flow_loss(
        self, weights: Tensor, kinds: Tensor, condition: Tensor, random: torch.Generator
    ) -> Tensor:
        with torch.no_grad():
            codes, _, _ = self._codes(weights, kinds, random)
        noise = torch.randn(codes.shape, generator=random)
        share = torch.rand(len(codes), 1, generator=random)
        velocity = self.motion.velocity(noise.lerp(codes, share), condition, share)
        loss: Tensor = (velocity - (codes - noise)).square().mean()
        return loss

    def _set_rate(self, optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
        rate = cosine_rate(step, steps, peak=self.options.learning_rate, warmup=_WARMUP)
        for group in optimizer.param_groups:
            group["lr"] = rate


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
