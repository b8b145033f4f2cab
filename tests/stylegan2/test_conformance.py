"""Generators of very different size pass the same checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from dynode.latents.latents import Latents
from dynode.stylegan2 import StyleGAN2
from dynode.testing import Check, generator_checks, tiny_generator

GENERATORS = {
    "32 px, w_dim 64": lambda: tiny_generator(32, w_dim=64),
    # Few channels keep it fast; rows and widths are those of the published networks.
    "1024 px, w_dim 512": lambda: tiny_generator(
        1024,
        w_dim=512,
        channels={2**power: 8 if power < 7 else 2 for power in range(2, 11)},
        mapping_layers=8,
    ),
    "8 px, conditional, z narrower than w": lambda: tiny_generator(
        8, w_dim=24, z_dim=10, c_dim=3, channels={4: 7, 8: 5}, mapping_layers=1
    ),
}


@pytest.fixture(scope="module", params=GENERATORS.values(), ids=GENERATORS.keys())
def generator(request: pytest.FixtureRequest) -> StyleGAN2:
    made: StyleGAN2 = request.param()
    return made


@pytest.mark.parametrize("check", generator_checks(), ids=str)
def test_a_generator_keeps_its_promises(generator: StyleGAN2, check: Check) -> None:
    check(generator)


class Broken:
    """A generator with one method replaced; everything else is the real one's."""

    def __init__(self, real: StyleGAN2, name: str, replacement: Callable[..., Any]) -> None:
        self._real, self._name, self._replacement = real, name, replacement

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == self._name:
            return lambda *args, **kwargs: self._replacement(self._real, *args, **kwargs)
        return getattr(self._real, name)


def draws_the_first_code_only(real: StyleGAN2, latents: Latents, **kwargs: Any) -> torch.Tensor:
    return real.synthesize(latents[[0] * len(latents)], **kwargs)


def forgets_weights(real: StyleGAN2, latents: Latents, **kwargs: Any) -> torch.Tensor:
    return real.synthesize(Latents(latents.w, latents.styles), **kwargs)


def shares_coefficients(real: StyleGAN2, latents: Latents, **kwargs: Any) -> torch.Tensor:
    same = tuple(
        offset.with_coefficients(offset.coefficients.mean(0).expand_as(offset.coefficients))
        for offset in latents.weights
    )
    return real.synthesize(Latents(latents.w, latents.styles, same), **kwargs)


def forgets_styles(real: StyleGAN2, latents: Latents, **kwargs: Any) -> torch.Tensor:
    return real.synthesize(Latents(latents.w, {}, latents.weights), **kwargs)


def never_stops_early(
    real: StyleGAN2, latents: Latents, *, resolution: int | None = None, **kwargs: Any
) -> torch.Tensor:
    return real.synthesize(latents, **kwargs)


def ignores_noise(
    real: StyleGAN2, latents: Latents, *, noise: str = "", **kwargs: Any
) -> torch.Tensor:
    return real.synthesize(latents, **kwargs)


def detaches(real: StyleGAN2, latents: Latents, **kwargs: Any) -> torch.Tensor:
    return real.synthesize(latents.detach(), **kwargs).requires_grad_()


def scales_in_place(real: StyleGAN2, latents: Latents, **kwargs: Any) -> torch.Tensor:
    with torch.no_grad():
        latents.w.mul_(1.01)
    return real.synthesize(latents, **kwargs)


def truncates_towards_zero(
    real: StyleGAN2, z: torch.Tensor, *, truncation: float = 1.0, **kwargs: Any
) -> Latents:
    latents = real.map(z, c=kwargs.get("c"))
    return latents.with_w(latents.w * truncation)


def ignores_the_cutoff(
    real: StyleGAN2, z: torch.Tensor, *, cutoff: int | None = None, **kwargs: Any
) -> Latents:
    return real.map(z, **kwargs)


def ignores_the_seed(real: StyleGAN2, n: int, *, seed: int, **kwargs: Any) -> Latents:
    return real.sample(n, seed=0, **kwargs)


def draws_from_the_global_state(real: StyleGAN2, n: int, *, seed: int, **kwargs: Any) -> Latents:
    torch.manual_seed(seed)
    return real.map(torch.randn(n, real.info.z_dim), **kwargs)


def reads_styles_without_offsets(real: StyleGAN2, latents: Latents) -> dict[str, torch.Tensor]:
    return real.styles(Latents(latents.w))


def swaps_rows(real: StyleGAN2, latents: Latents) -> dict[str, torch.Tensor]:
    return real.styles(latents.with_w(latents.w.flip(1)))


@pytest.mark.parametrize(
    ("check", "method", "replacement"),
    [
        ("pictures-have-the-promised-shape", "synthesize", draws_the_first_code_only),
        ("a-batch-equals-a-loop", "synthesize", draws_the_first_code_only),
        ("drawing-modifies-nothing", "synthesize", scales_in_place),
        ("drawing-twice-gives-the-same-picture", "synthesize", scales_in_place),
        ("noise-has-its-modes", "synthesize", ignores_noise),
        ("drawing-can-stop-early", "synthesize", never_stops_early),
        ("gradients-reach-everything", "synthesize", detaches),
        ("a-style-offset-equals-the-shift-of-the-code", "synthesize", forgets_styles),
        ("every-picture-has-its-own-coefficients", "synthesize", forgets_weights),
        ("every-picture-has-its-own-coefficients", "synthesize", shares_coefficients),
        ("edits-of-all-spaces-stack", "synthesize", shares_coefficients),
        ("latents-of-another-shape-are-refused", "synthesize", forgets_weights),
        ("truncation-pulls-towards-the-mean", "map", truncates_towards_zero),
        ("the-cutoff-spares-the-last-rows", "map", ignores_the_cutoff),
        ("sampling-follows-the-seed", "sample", ignores_the_seed),
        ("sampling-leaves-the-global-seed-alone", "sample", draws_from_the_global_state),
        ("sampling-maps-the-published-normal-numbers", "sample", draws_from_the_global_state),
        ("style-offsets-add-to-the-read-out", "styles", reads_styles_without_offsets),
        ("a-row-feeds-the-layers-info-says", "styles", swaps_rows),
    ],
)
def test_a_broken_promise_is_noticed(
    check: str, method: str, replacement: Callable[..., Any]
) -> None:
    checks = {str(each): each for each in generator_checks()}
    broken = Broken(tiny_generator(16, channels=8), method, replacement)

    with torch.random.fork_rng(), pytest.raises(AssertionError):
        checks[check](broken)  # type: ignore[arg-type]  # it acts like a generator, badly


def test_every_check_has_its_own_id_and_a_promise() -> None:
    checks = generator_checks()

    assert len({check.id for check in checks}) == len(checks)
    assert all(check.promise.endswith(".") for check in checks)
