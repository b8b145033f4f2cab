"""Networks that are no StyleGAN2 keep every promise that applies to them, and say what they have not."""

from __future__ import annotations

import unittest

import pytest
import torch

import dynode
from dynode.testing import Check, generator_checks, tiny_generator
from dynode.testing.checks import capabilities


def convolutional() -> dynode.Generator:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.ConvTranspose2d(6, 8, 4, bias=False),
        torch.nn.BatchNorm2d(8),
        torch.nn.Softplus(),
        torch.nn.ConvTranspose2d(8, 3, 4, 2, 1),
        torch.nn.Tanh(),
    )
    return dynode.wrap_module(module, input_shape=(6, 1, 1))


def of_pictures() -> dynode.Generator:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3, padding=1), torch.nn.Tanh())
    return dynode.wrap_module(module, inputs=torch.randn(64, 3, 8, 8))


def of_a_linear_layer() -> dynode.Generator:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(5, 32),
        torch.nn.Unflatten(1, (2, 4, 4)),
        torch.nn.Conv2d(2, 3, 3, padding=1),
    )
    return dynode.wrap_module(module, input_shape=(5,))


MADE = {"dcgan": convolutional, "pictures": of_pictures, "linear": of_a_linear_layer}


@pytest.mark.parametrize("check", generator_checks(), ids=str)
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_module_keeps_every_promise_that_applies(make, check: Check) -> None:
    generator = make()
    applies = set(check.needs) <= capabilities(generator.info)

    if applies:
        check(generator)
        return
    with pytest.raises(unittest.SkipTest, match="says that it has no"):
        check(generator)


def test_most_promises_apply() -> None:
    able = capabilities(convolutional().info)

    asked = [check for check in generator_checks() if set(check.needs) <= able]

    assert len(asked) >= len(generator_checks()) - 5


def test_what_a_generator_has_is_asked() -> None:
    module, style = convolutional().info, tiny_generator().info

    assert module.spaces == ("z", "weights")
    assert style.spaces == ("z", "w", "w+", "styles", "weights")
    assert (module.stops_early, module.takes_noise, module.has_mapping) == (False, False, False)


def test_a_module_refuses_what_it_has_not() -> None:
    generator = convolutional()
    latents = generator.sample(1, seed=0)

    with pytest.raises(dynode.DynodeError, match="noise 'loud' is unknown"):
        generator.synthesize(latents, noise="loud")
    with pytest.raises(dynode.DynodeError, match="has no styles"):
        generator.synthesize(latents.add_styles({"0": torch.ones(1, 8)}))


def test_every_check_of_a_generator_says_what_to_do() -> None:
    checks = generator_checks()

    assert all(check.remedy for check in checks)
    assert len({check.remedy for check in checks}) >= len(checks) - 3
