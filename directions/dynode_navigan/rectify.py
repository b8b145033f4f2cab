"""Rectification: combine the vectors of a basis so that a network can tell the directions apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dynode import files
from dynode.direction import LayerDirections, WeightBasis
from dynode.distance import Distance, PixelDistance
from dynode.errors import CorruptCheckpointError
from dynode.generator import Generator, draw_labels
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode.training import Processes, share_norms
from dynode_navigan.predictor import PredictorKind, draw_shifts, losses, make_predictor

_FORMAT = "dynode.navigan.rectification"
_HELD_OUT = 10**6
"""Steps are drawn by their number; those of a test begin here, so that none was trained on."""


@dataclass(frozen=True)
class Settings:
    """How directions are trained.

    Attributes:
        directions: How many.
        steps: Training steps.
        batch: Pictures a step.
        shift_scale: Largest shift, in raw weights.
        min_shift: Shortest shift.
        label_weight: Weight of the cross entropy.
        shift_weight: Weight of the shift's mean error, in raw weights.
        predictor: Network that tells them apart.
        predictor_lr: Its learning rate.
        direction_lr: Learning rate of the coefficients.
        size_px: Side of the pictures it sees; 0 for as they are drawn.
        resolution: Pictures are drawn at this side; None for the full size.
        start: Coefficients at the start: normal (published), or the vectors themselves.
        shift_unit: Length in raw weights that the predictor's output 1 means; 1 as published.
    """

    directions: int
    steps: int
    batch: int
    shift_scale: float
    min_shift: float
    label_weight: float = 1.0
    shift_weight: float = 0.25
    predictor: PredictorKind = "resnet"
    predictor_lr: float = 1e-4
    direction_lr: float = 1e-4
    size_px: int = 0
    resolution: int | None = None
    start: Literal["random", "basis"] = "random"
    shift_unit: float = 1.0


class Rectification:
    """A training that can be stopped and go on, to the same numbers on the CPU.

    Several processes that `torchrun` started share every batch; their losses are those of one up to the
    order of sums. Every step draws from a random state of its own, made of the seed and the step's
    number, and the file keeps coefficients, predictor and the state of both optimisers.

    Args:
        generator: What draws; its weights stay as they are.
        layer: Name of the convolution.
        basis: What is combined.
        settings: How.
        distance: Whose features the predictor `features` looks at.
        seed: Seed of everything random.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786. Deviation: the published training forgets
        its optimisers when it goes on.
    """

    def __init__(
        self,
        generator: Generator,
        layer: str,
        basis: WeightBasis,
        settings: Settings,
        *,
        seed: int,
        distance: Distance | None = None,
    ) -> None:
        self.generator, self.layer, self.settings, self.seed = generator, layer, settings, seed
        self.processes = Processes.join(generator.device)
        like = generator.mean_w
        self.basis = basis.to(like)
        start = _first_coefficients(settings, len(basis), seed)
        self.coefficients = nn.Parameter(start.to(like))
        example = generator.sample(1, seed=seed)
        with torch.no_grad():
            picture = generator.synthesize(example, resolution=settings.resolution)
        self.predictor = make_predictor(
            settings.predictor,
            settings.directions,
            settings.size_px,
            seed=seed,
            distance=distance or PixelDistance(),
            example=picture,
        ).to(like)
        self.optimizers = {
            "directions": torch.optim.Adam([self.coefficients], lr=settings.direction_lr),
            "predictor": torch.optim.Adam(self.predictor.parameters(), lr=settings.predictor_lr),
        }
        share_norms(self.predictor, self.processes)
        self.losses: list[float] = []

    @property
    def directions(self) -> LayerDirections:
        """The directions as they are now."""
        return LayerDirections(self.layer, self.basis, self.coefficients.detach().clone())

    def run(
        self, *, keep: Path | None = None, every: int = 50, progress: Progress = silent
    ) -> LayerDirections:
        """Train to the last step.

        Args:
            keep: File the state is kept in; if it exists, training goes on from it.
            every: Steps between two writings; the last step is written too.
            progress: Called after every step.

        Raises:
            CorruptCheckpointError: The file is something else, or of another training.
        """
        if keep is not None and keep.exists():
            self.load(keep)
        while len(self.losses) < self.settings.steps:
            loss, share = self._step(len(self.losses))
            self.losses.append(loss)
            done = len(self.losses)
            if (
                keep is not None
                and self.processes.is_first
                and (done % every == 0 or done == self.settings.steps)
            ):
                self.save(keep)
            progress(done, self.settings.steps, f"loss {loss:.3f}, told apart {share:.0%}")
        return self.directions

    def _step(self, number: int) -> tuple[float, float]:
        settings = self.settings
        self.predictor.train()
        with torch.enable_grad():
            own = self.processes.share(settings.batch)
            logits, predicted, which, shifts = self._predict(number, own)
            parts = losses(
                logits,
                predicted,
                which,
                shifts,
                label_weight=settings.label_weight,
                shift_weight=settings.shift_weight,
            )
            total = parts[0] + parts[1]
            for optimizer in self.optimizers.values():
                optimizer.zero_grad(set_to_none=True)
            total.backward()
        trained = [self.coefficients, *self.predictor.parameters()]
        self.processes.average_gradients(trained, mend=False)
        for optimizer in self.optimizers.values():
            optimizer.step()
        right = (logits.argmax(1) == which).to(total).mean()
        loss, share = self.processes.mean(torch.stack([total.detach(), right])).tolist()
        return loss, share

    def _predict(
        self, number: int, share: slice = slice(None)
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Draw a batch by its number and let the predictor guess on a share of it."""
        settings, like = self.settings, self.coefficients
        random = np.random.RandomState([self.seed, number])
        latents = self._latents(random)[share]
        which = torch.from_numpy(random.randint(settings.directions, size=settings.batch))
        uniform = torch.from_numpy(random.rand(settings.batch))
        shifts = draw_shifts(uniform, scale=settings.shift_scale, least=settings.min_shift)
        which, shifts = which[share].to(like.device), shifts[share].to(like)
        moving = LayerDirections(self.layer, self.basis, self.coefficients)
        draw = self.generator.synthesize
        with torch.no_grad():
            before = draw(latents, resolution=settings.resolution)
        after = draw(moving.move(latents, which, shifts), resolution=settings.resolution)
        logits, predicted = self.predictor(before, after)
        return logits, predicted * settings.shift_unit, which, shifts

    def _latents(self, random: np.random.RandomState) -> Latents:
        info = self.generator.info
        z = random.randn(self.settings.batch, info.z_dim).astype(np.float32)
        labels = draw_labels(info, self.settings.batch, seed=int(random.randint(2**31)))
        with torch.no_grad():
            return self.generator.map(torch.from_numpy(z).to(self.coefficients), c=labels)

    @torch.no_grad()
    def accuracy(self, batches: int = 16) -> tuple[float, float]:
        """Measure the share of directions told right, and the mean shift error, on new pictures."""
        self.predictor.eval()
        right, errors, count = 0.0, 0.0, 0
        for index in range(batches):
            logits, predicted, which, shifts = self._predict(_HELD_OUT + index)
            right += float((logits.argmax(1) == which).sum())
            errors += float((predicted - shifts).abs().sum())
            count += len(which)
        return right / count, errors / count

    def _key(self) -> str:
        told = {**vars(self.settings), "steps": 0}
        return f"{self.generator.info.fingerprint} {self.layer} {self.seed} {sorted(told.items())}"

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on."""
        tensors = {f"predictor.{k}": part for k, part in self.predictor.state_dict().items()}
        tensors["coefficients"] = self.coefficients.detach()
        tensors["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        for name, optimizer in self.optimizers.items():
            for index, held in optimizer.state_dict()["state"].items():
                tensors |= {f"adam.{name}.{index}.{key}": part for key, part in held.items()}
        files.save_tensors(tensors, path, {"format": _FORMAT, "key": self._key()})

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote.

        Raises:
            CorruptCheckpointError: It is something else, or of another training.
        """
        tensors, head = files.load_tensors(path)
        if head.get("format") != _FORMAT or head.get("key") != self._key():
            raise CorruptCheckpointError(
                f"{path.name} does not hold this training; expected one of the same generator, layer, "
                f"options and seed; delete it to start anew, or name another file"
            )
        prefix = "predictor."
        self.predictor.load_state_dict(
            {k.removeprefix(prefix): part for k, part in tensors.items() if k.startswith(prefix)}
        )
        with torch.no_grad():
            self.coefficients.copy_(tensors["coefficients"])
        self.losses = tensors["losses"].tolist()
        for name, optimizer in self.optimizers.items():
            held: dict[int, dict[str, Tensor]] = {}
            for key, part in tensors.items():
                if key.startswith(f"adam.{name}."):
                    index, what = key.removeprefix(f"adam.{name}.").split(".")
                    held.setdefault(int(index), {})[what] = part
            optimizer.load_state_dict({**optimizer.state_dict(), "state": held})


def _first_coefficients(settings: Settings, vectors: int, seed: int) -> Tensor:
    """Draw normal coefficients, or take the vectors in turn with as long a row."""
    drawn = np.random.RandomState([seed, 2]).randn(settings.directions, vectors)
    random = torch.from_numpy(drawn).float()
    if settings.start == "random":
        return random
    count = min(settings.directions, vectors)
    random[:count] = torch.eye(count, vectors) * vectors**0.5
    return random
