"""Leading eigenvectors of a symmetric matrix that is known by its products: block Lanczos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode import files
from dynode.errors import CorruptCheckpointError
from dynode.plugins import Progress, silent

Product = Callable[[Tensor], Tensor]
_FORMAT = "dynode.navigan.lanczos"


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """What was found.

    Attributes:
        values: (k,) falling.
        vectors: (k, size), orthonormal rows.
        residuals: (k,) lengths of H v - value v: an eigenvalue lies that near each value.
        products: Products with the matrix that were used.
    """

    values: Tensor
    vectors: Tensor
    residuals: Tensor
    products: int


@dataclass(eq=False)
class KrylovState:
    """How far a search is; everything it needs to go on.

    Attributes:
        basis: (m, size) orthonormal rows multiplied so far.
        projected: (m, m) float64, the matrix in this basis.
        block: (b, size) orthonormal rows that come next.
        coupling: (b, b) how the last block leads to the next.
    """

    basis: Tensor
    projected: Tensor
    block: Tensor
    coupling: Tensor

    @classmethod
    def start(cls, size: int, block: int, *, seed: int, like: Tensor) -> KrylovState:
        """Begin with random vectors."""
        drawn = torch.from_numpy(np.random.RandomState(seed).randn(size, block))
        first = torch.linalg.qr(drawn)[0].t().contiguous().to(like)
        return cls(first[:0], torch.zeros(0, 0).double(), first, torch.zeros(block, block).double())

    def grow(self, product: Product) -> None:
        """Multiply the next block and make the one after it orthogonal to all before."""
        images = torch.stack([product(vector) for vector in self.block])
        self.basis = torch.cat([self.basis, self.block])
        seen = self.basis @ images.t()
        old, total = len(self.projected), len(self.basis)
        projected = torch.zeros(total, total, dtype=torch.float64)
        projected[:old, :old] = self.projected
        projected[:, old:] = seen.double().cpu()
        projected[old:, :old] = projected[:old, old:].t()
        corner = projected[old:, old:]
        projected[old:, old:] = (corner + corner.t()) / 2
        self.projected = projected
        for _ in range(2):  # once leaves rounding of the size of the removed part
            images = images - (self.basis @ images.t()).t() @ self.basis
        following, coupling = torch.linalg.qr(images.t())
        block = following.t().contiguous()
        # An exhausted space leaves columns of rounding, which are not orthogonal to the rest.
        block = block - (self.basis @ block.t()).t() @ self.basis
        self.block = block / block.norm(dim=1, keepdim=True).clamp(min=1e-30)
        self.coupling = coupling.double().cpu()

    def pairs(self, count: int) -> Eigenpairs:
        """Read off the leading pairs."""
        values, inner = torch.linalg.eigh(self.projected)
        values, inner = values.flip(0)[:count], inner.flip(1)[:, :count]
        residuals = (self.coupling @ inner[-len(self.block) :]).norm(dim=0)
        vectors = inner.t().to(self.basis) @ self.basis
        return Eigenpairs(values, vectors, residuals, len(self.basis))

    def save(self, path: Path, key: str) -> None:
        """Write it; `key` tells the problem it belongs to."""
        parts = {name: getattr(self, name) for name in ("basis", "projected", "block", "coupling")}
        files.save_tensors(parts, path, {"format": _FORMAT, "key": key})

    @classmethod
    def load(cls, path: Path, key: str, like: Tensor) -> KrylovState:
        """Read what `save` wrote.

        Raises:
            CorruptCheckpointError: It is something else, or of another search.
        """
        tensors, head = files.load_tensors(path)
        if head.get("format") != _FORMAT or head.get("key") != key:
            raise CorruptCheckpointError(
                f"{path.name} does not hold this search; expected one of the same generator, layer, "
                f"distance, samples and seed; delete it to start anew, or name another file"
            )
        basis, block = tensors["basis"].to(like), tensors["block"].to(like)
        return cls(basis, tensors["projected"], block, tensors["coupling"])


def leading_pairs(
    product: Product,
    size: int,
    count: int,
    *,
    seed: int,
    like: Tensor,
    block: int = 1,
    tolerance: float = 0.05,
    most: int | None = None,
    keep: Path | None = None,
    writes: bool = True,
    key: str = "",
    every: int = 10,
    progress: Progress = silent,
) -> Eigenpairs:
    """Find the leading eigenpairs by block Lanczos with full orthogonalisation.

    Args:
        product: Multiplies (size,) by the matrix.
        size: Of the matrix.
        count: Pairs.
        seed: Seed of the first block.
        like: Device and type of the vectors.
        block: Vectors multiplied between orthogonalisations.
        tolerance: Stop when every residual is at most this share of its eigenvalue, for a quarter
            more pairs than asked for: one that hides from the first block comes up among these.
        most: Largest number of products; None for 4 * count + 20.
        keep: File the state is kept in; an interrupted search goes on from it.
        writes: Whether this process writes it; of several that search together one does.
        key: Tells this problem from others in that file.
        every: Blocks between two writings.
        progress: Called after every block.

    Returns:
        The pairs; `residuals` say how good they are when `most` came first.

    Source:
        Golub and Underwood 1977, the block Lanczos method.
    """
    most = min(size, most or 4 * count + 20)
    count, block = min(count, most), min(block, size)
    if keep is not None and keep.exists():
        state = KrylovState.load(keep, key, like)
    else:
        state = KrylovState.start(size, block, seed=seed, like=like)
    steps = 0
    while len(state.basis) + len(state.block) <= most:
        state.grow(product)
        steps += 1
        if keep is not None and writes and steps % every == 0:
            state.save(keep, key)
        found = _check(state, min(count + max(2, count // 4), size), tolerance)
        progress(min(len(state.basis), most), most, found.words)
        if found.is_good:
            break
    return state.pairs(count)


@dataclass(frozen=True)
class _Progress:
    is_good: bool
    words: str


def _check(state: KrylovState, count: int, tolerance: float) -> _Progress:
    """Compare residuals with eigenvalues in the small matrix alone."""
    values, inner = torch.linalg.eigh(state.projected)
    values, inner = values.flip(0)[:count], inner.flip(1)[:, :count]
    residuals = (state.coupling @ inner[-len(state.block) :]).norm(dim=0)
    enough = len(state.projected) >= count
    worst = float((residuals / values.abs().clamp(min=1e-30)).max())
    # Below the rounding of the largest eigenvalue nothing is left to find.
    floor = residuals <= 1e-7 * values.abs().max()
    good = enough and bool(((residuals <= tolerance * values.abs()) | floor).all())
    return _Progress(good, f"worst residual {worst:.1%}")
