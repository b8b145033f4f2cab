"""Running a stranger's code under watch: what it prints, draws, changes and leaves behind."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents
from dynode.testing.generators import tiny_generator

Result = TypeVar("Result")


def small() -> Generator:
    """Make the generator that most checks use: 16 px, 6 rows of width 32."""
    return tiny_generator(16, w_dim=32, channels=8)


def others() -> dict[str, Generator]:
    """Make generators with other numbers of rows, other widths, and with classes."""
    return {
        "10 rows of width 24": tiny_generator(64, w_dim=24, z_dim=16, channels=4, seed=1),
        "4 rows of width 48": tiny_generator(8, w_dim=48, channels=6, seed=2),
        "6 rows of width 40 and 3 classes": tiny_generator(
            16, w_dim=40, c_dim=3, channels=8, seed=3
        ),
    }


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, as the checks press it."""


@dataclass
class ProgressLog:
    """Progress that is written down; it can press Ctrl-C at a call.

    Attributes:
        calls: `(done, total)` of every call.
        stop_at: Number of the call at which to interrupt, from 1; 0 for never.
    """

    calls: list[tuple[int, int]] = field(default_factory=list)
    stop_at: int = 0

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Write a call down."""
        self.calls.append((done, total))
        if len(self.calls) == self.stop_at:
            raise Interrupted


class Spy:
    """A generator that writes down what random numbers are drawn from it, and passes calls on.

    Attributes:
        drawn: What was drawn, in order: seeds of samples and sums of mapped vectors.
        calls: Number of calls of any kind.
    """

    def __init__(self, generator: Generator, *, stop_at: int = 0) -> None:
        """Watch a generator.

        Args:
            generator: What answers.
            stop_at: Number of the call at which to press Ctrl-C, from 1; 0 for never.
        """
        self._generator = generator
        self._stop_at = stop_at
        self.drawn: list[object] = []
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        """Pass on what only some generators have, such as their weights."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._generator, name)

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self._stop_at:
            raise Interrupted

    @property
    def info(self) -> GeneratorInfo:
        """Description of the generator."""
        return self._generator.info

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._generator.device

    @property
    def dtype(self) -> torch.dtype:
        """Type it computes in."""
        return self._generator.dtype

    @property
    def mean_w(self) -> Tensor:
        """Mean code."""
        return self._generator.mean_w

    def map(
        self,
        z: Tensor,
        *,
        c: Tensor | None = None,
        truncation: float = 1.0,
        cutoff: int | None = None,
    ) -> Latents:
        """See `Generator.map`."""
        self._count()
        self.drawn.append(("z", tuple(z.shape), float(z.detach().double().sum())))
        return self._generator.map(z, c=c, truncation=truncation, cutoff=cutoff)

    def sample(self, n: int, *, seed: int, truncation: float = 0.7) -> Latents:
        """See `Generator.sample`."""
        self._count()
        self.drawn.append(("seed", n, seed))
        return self._generator.sample(n, seed=seed, truncation=truncation)

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """See `Generator.styles`."""
        self._count()
        return self._generator.styles(latents)

    def synthesize(
        self,
        latents: Latents,
        *,
        noise: str | Sequence[Tensor] = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """See `Generator.synthesize`."""
        self._count()
        return self._generator.synthesize(latents, noise=noise, resolution=resolution)

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Generator:
        """See `Generator.to`."""
        return Spy(self._generator.to(device, dtype))


@contextlib.contextmanager
def quietly() -> Iterator[io.StringIO]:
    """Keep what the block prints on stdout."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        yield printed


def random_states() -> str:
    """Describe the global random states of torch, numpy and Python."""
    torch_state = hash(torch.get_rng_state().numpy().tobytes())
    return f"{torch_state} {np.random.get_state()} {random.getstate()}"


@contextlib.contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Seed the global random states inside the block, and put them back."""
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])


def torch_settings() -> dict[str, object]:
    """Say what of torch is set for the whole process."""
    return {
        "the default type": torch.get_default_dtype(),
        "the default device": torch.get_default_device(),
        "the number of threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "gradients": torch.is_grad_enabled(),
    }


_SETTERS: dict[str, Callable[..., object]] = {
    "the default type": torch.set_default_dtype,
    "the default device": torch.set_default_device,
    "the number of threads": torch.set_num_threads,
    "deterministic algorithms": torch.use_deterministic_algorithms,
    "gradients": torch.set_grad_enabled,
}


@contextlib.contextmanager
def settings_put_back() -> Iterator[dict[str, object]]:
    """Give the settings of torch to a block, and put them back after it."""
    settings = torch_settings()
    try:
        yield settings
    finally:
        for name, now in torch_settings().items():
            if now != settings[name]:  # setting a device anew, even the same, is no small thing
                _SETTERS[name](settings[name])


@contextlib.contextmanager
def same_settings(*, first: Callable[[], object] | None = None) -> Iterator[None]:
    """Check that a block leaves the settings of torch and the global random state as they are.

    Args:
        first: Run before, of which the random state does not count: what is imported late may draw.

    Raises:
        AssertionError: It changed one; it is put back.
    """
    with settings_put_back() as settings, global_seed(99):
        if first is not None:
            first()
            torch.manual_seed(99)  # what `first` seeds the second run would seed alike, unseen
            np.random.seed(99)
            random.seed(99)
        drawn = random_states()
        yield
        changed = [name for name, now in torch_settings().items() if now != settings[name]]
        assert not changed, f"{' and '.join(changed)} of torch changed"
        assert random_states() == drawn, "a global random state moved"


def interrupted(run: Callable[[], object]) -> bool:
    """Say whether the Ctrl-C pressed inside comes out."""
    try:
        run()
    except Interrupted:
        return True
    return False


def parts(latents: Latents) -> dict[str, Tensor]:
    """Give everything latents hold by name, offsets of weights summed layer by layer."""
    held = {"w": latents.w, **{f"styles of {name}": p for name, p in latents.styles.items()}}
    for offset in latents.weights:
        name = f"weights of {offset.layer}"
        summed = offset.changes(latents.w)
        held[name] = held[name] + summed if name in held else summed
    return held
