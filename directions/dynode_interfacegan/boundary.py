"""Train a boundary between two groups of codes, condition it on others, move codes along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode_interfacegan.solvers import SOLVERS, Hyperplane, Solver

_DEPENDENT = 1e-6
_LEFT_OVER = 1e-4


@dataclass(frozen=True, eq=False)
class Boundary:
    """A trained boundary.

    Attributes:
        normal: (1, d) float32, unit length, pointing to high scores.
        validation_accuracy: Share of held-out chosen samples on the right side; NaN without any.
        remaining_accuracy: Share of the samples that were not chosen, labelled by half of the range
            of scores; NaN without any.
        chosen: Samples chosen at each end.
    """

    normal: Tensor
    validation_accuracy: float
    remaining_accuracy: float
    chosen: int


def train_boundary(
    codes: Tensor,
    scores: Tensor,
    *,
    chosen_num_or_ratio: float = 0.02,
    split_ratio: float = 0.7,
    invalid_value: float | None = None,
    solver: Solver | str = "published",
    seed: int = 0,
) -> Boundary:
    """Find the plane between the samples of highest and of lowest score.

    Args:
        codes: (n, d).
        scores: (n,) or (n, 1); higher means more of the attribute.
        chosen_num_or_ratio: Samples at each end: a share up to 1, otherwise a number; at most half.
        split_ratio: Share of them that is trained on; the others validate.
        invalid_value: Score of samples to leave out.
        solver: `published`, `fast`, or a function.
        seed: Seed of the split.

    Raises:
        OptionError: Shapes, values or numbers of samples make no boundary.

    Source:
        Shen et al. 2020, InterFaceGAN, arXiv:2005.09635, and its published code: the same choice of
        samples, split and problem; the intercept is not used.
    """
    codes, scores = _checked(codes, scores, invalid_value)
    order = np.argsort(scores.numpy())[::-1].copy()
    chosen, train = _numbers(len(order), chosen_num_or_ratio, split_ratio)
    shuffle = np.random.RandomState(seed)
    high, low = _shuffled(order[:chosen], shuffle), _shuffled(order[-chosen:], shuffle)
    chosen_solver = SOLVERS[solver] if isinstance(solver, str) else solver
    plane = _solved(chosen_solver, codes, high[:train], low[:train])
    raised, lowered = _halves(order[chosen:-chosen], scores)
    return Boundary(
        normal=_unit(plane.normal)[None].float(),
        validation_accuracy=_accuracy(plane, codes[high[train:]], codes[low[train:]]),
        remaining_accuracy=_accuracy(plane, codes[raised], codes[lowered]),
        chosen=chosen,
    )


def _halves(rest: np.ndarray, scores: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Divide samples by the middle of all scores into those above and those below."""
    middle = (scores.max() + scores.min()) / 2
    is_raised = (scores[torch.from_numpy(rest)] >= middle).numpy()
    return rest[is_raised], rest[~is_raised]


def _numbers(count: int, ratio: float, split: float) -> tuple[int, int]:
    """Count the samples that are taken at each end, and those of them that are trained on."""
    chosen = min(int(count * ratio) if 0 < ratio <= 1 else int(ratio), count // 2)
    train = int(chosen * split)
    if train < 1:
        raise OptionError(
            f"{count} samples give {chosen} at each end and {train} to train on; expected at least 1: "
            f"take more samples or a larger ratio"
        )
    return chosen, train


def _checked(codes: Tensor, scores: Tensor, invalid_value: float | None) -> tuple[Tensor, Tensor]:
    scores = scores.detach().cpu().reshape(len(scores), -1)
    if codes.ndim != 2 or scores.shape != (len(codes), 1):
        raise OptionError(
            f"codes have shape {tuple(codes.shape)} and scores {tuple(scores.shape)}; expected (n, d) and "
            f"(n, 1); for W+ codes take one row"
        )
    scores = scores[:, 0]
    if invalid_value is not None:
        codes, scores = (
            codes[scores.to(codes.device) != invalid_value],
            scores[scores != invalid_value],
        )
    if not bool(codes.isfinite().all()) or not bool(scores.isfinite().all()):
        raise OptionError(
            "codes or scores hold values that are not finite; leave these samples out, or name their "
            "score as invalid"
        )
    if len(scores) < 2 or bool((scores == scores[0]).all()):
        found = f"the score {float(scores[0]):g}" if len(scores) else "no score"
        raise OptionError(
            f"all {len(scores)} samples have {found}, one class only; expected both: label more pictures, "
            f"or choose an attribute that varies"
        )
    return codes.detach(), scores


def _shuffled(group: np.ndarray, shuffle: np.random.RandomState) -> np.ndarray:
    positions = np.arange(len(group))
    shuffle.shuffle(positions)
    return group[positions]


def _solved(solver: Solver, codes: Tensor, high: np.ndarray, low: np.ndarray) -> Hyperplane:
    picked = torch.from_numpy(np.concatenate([high, low]))
    positive = torch.arange(len(picked)) < len(high)
    return solver(codes[picked.to(codes.device)], positive.to(codes.device))


def _accuracy(plane: Hyperplane, high: Tensor, low: Tensor) -> float:
    total = len(high) + len(low)
    if not total:
        return float("nan")
    right = int((plane.side(high) > 0).sum()) + int((plane.side(low) <= 0).sum())
    return right / total


def _unit(vector: Tensor) -> Tensor:
    length = vector.norm()
    if not float(length) > 0:
        raise OptionError(
            "the boundary is zero: the codes of both ends are the same; take more samples or another "
            "attribute"
        )
    unit: Tensor = vector / length
    return unit


def project(primal: Tensor, conditions: Sequence[Tensor]) -> Tensor:
    """Condition a boundary on others: remove what they span.

    Args:
        primal: (1, d), unit length.
        conditions: Boundaries (1, d), unit length; any number.

    Returns:
        (1, d) of unit length, of the primal's type; the primal itself without conditions.

    Raises:
        OptionError: The conditions depend on each other, or leave nothing of the primal.

    Source:
        Shen et al. 2020, InterFaceGAN, arXiv:2005.09635, section 3.2.
        Deviation: one formula for any number of conditions; the published one for two adds 1e-8 to a
        denominator. Dependent conditions are an error instead of a singular matrix.
    """
    for row in (primal, *conditions):
        if row.shape != primal.shape or row.ndim != 2 or len(row) != 1:
            raise OptionError(
                f"a boundary has shape {tuple(row.shape)}; expected {(1, primal.shape[-1])} like the "
                f"primal's width"
            )
    if not conditions:
        return primal
    rows = torch.cat([row.double() for row in conditions])
    _check_independent(rows)
    target = primal.double()
    weights = torch.linalg.solve(rows @ rows.t(), rows @ target.t())
    left = target - weights.t() @ rows
    if float(left.norm()) < _LEFT_OVER * float(target.norm()):
        raise OptionError(
            f"the conditions leave {float(left.norm()):.1e} of the boundary, which is one of them or their "
            f"sum; leave that condition out"
        )
    projected: Tensor = (left / left.norm()).to(primal.dtype)
    return projected


def _check_independent(rows: Tensor) -> None:
    lengths = torch.linalg.svdvals(rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-30))
    if len(rows) > rows.shape[1] or float(lengths[-1]) < _DEPENDENT:
        raise OptionError(
            f"the {len(rows)} conditions depend on each other (smallest singular value "
            f"{float(lengths[-1]):.1e}); leave out one that the others imply"
        )
