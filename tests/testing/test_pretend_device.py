"""A pretended device computes what the CPU does, refuses what a card refuses, and counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch

import dynode
from dynode.latents import Latents
from dynode.plugins import Progress
from dynode.stylegan2 import StyleGAN2
from dynode.testing import checks_for, tiny_generator
from dynode.testing.pretend_device import (
    DEVICE,
    NotPretended,
    PretendTensor,
    place,
    pretend_device,
)


def placed() -> StyleGAN2:
    generator = tiny_generator(8)
    place(generator.network)
    return generator


def held(tensor: torch.Tensor) -> torch.Tensor:
    assert isinstance(tensor, PretendTensor)
    return tensor.held


@pytest.mark.parametrize("noise", ["const", "none"])
def test_pictures_are_those_of_the_cpu_and_nothing_is_waited_for(noise: str) -> None:
    there, here = placed(), tiny_generator(8)
    with pretend_device():
        latents = there.sample(2, seed=0)
    with pretend_device() as counts:
        pictures = there.synthesize(latents, noise=noise)

    assert pictures.device == there.device == DEVICE
    assert counts["_local_scalar_dense"] == counts["to_host"] == counts["tolist"] == 0
    expected = here.synthesize(here.sample(2, seed=0), noise=noise)
    # The same operations on the same CPU, in float32.
    torch.testing.assert_close(held(pictures), expected, atol=1e-5, rtol=1e-5)


def test_gradients_are_those_of_the_cpu() -> None:
    def gradient(generator: StyleGAN2) -> torch.Tensor:
        w = generator.sample(1, seed=0).w.detach().clone().requires_grad_(True)
        loss = generator.synthesize(Latents(w)).square().mean()
        return torch.autograd.grad(loss, w)[0]

    with pretend_device():
        there = gradient(placed())

    torch.testing.assert_close(held(there), gradient(tiny_generator(8)), atol=1e-5, rtol=1e-4)


def test_mixing_devices_is_refused_as_on_a_card() -> None:
    with pretend_device():
        there = torch.ones(3, device="cuda:0")
        with pytest.raises(RuntimeError, match="same device, but found at least two devices"):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
            there.numpy()
        with pytest.raises(NotPretended, match="differentiates forwards"):
            torch.autograd.forward_ad.make_dual(there, there)
        assert (there @ torch.ones(3, 2, device="cuda:0")).shape == (2,)
        assert float((there + torch.tensor(1.0)).sum()) == 6  # a single number may join


@pytest.mark.parametrize("index", [[0, 2], torch.tensor([0, 2])], ids=["list", "tensor"])
def test_rows_chosen_by_number_are_read_and_written(index: Any) -> None:
    def written(device: str) -> torch.Tensor:
        values = torch.arange(12.0, device=device).view(1, 4, 3).clone()
        values[:, index] = values[:, index] + 10
        return values

    with pretend_device():
        there = written("cuda:0")

    assert torch.equal(held(there), written("cpu"))


def test_copies_and_waits_are_counted() -> None:
    with pretend_device() as counts:
        there = torch.ones(3).to("cuda")
        torch.tensor([1.0], device="cuda")
        there.cpu()
        bool(there.sum() > 2)
        there.tolist()

    assert (counts["to_device"], counts["to_host"]) == (2, 1)
    assert (counts["_local_scalar_dense"], counts["tolist"]) == (1, 1)


@dataclass(frozen=True)
class NoOptions:
    """No options."""


class OnTheCpu(dynode.DirectionMethod):
    """Forgets the device of what it makes."""

    name = "on-the-cpu"
    summary = "forgets the device"
    options = NoOptions

    def find(
        self, generator: Any, options: object, *, seed: int, progress: Progress, latents: Any = None
    ) -> dynode.Direction:
        codes = generator.sample(4, seed=seed).w[:, 0]
        return dynode.LinearDirection(codes.mean(0) + torch.full((codes.shape[1],), 0.1))


class OnTheDevice(OnTheCpu):
    """Keeps the device."""

    def find(
        self, generator: Any, options: object, *, seed: int, progress: Progress, latents: Any = None
    ) -> dynode.Direction:
        return dynode.LinearDirection(generator.sample(4, seed=seed).w[:, 0].mean(0) + 0.1)


@pytest.mark.parametrize(("method", "status"), [(OnTheCpu, "failed"), (OnTheDevice, "passed")])
def test_a_method_that_leaves_the_device_is_caught(method: type[OnTheCpu], status: str) -> None:
    checks = {check.id: check for check in checks_for(method())}

    outcome = checks["stays-on-the-generators-device"].outcome()

    assert outcome.status == status, outcome.message
    assert status == "passed" or "at least two devices" in outcome.message
