"""A tiny generator, pictures of it, and the inverters as plugins."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch

from dynode import plugins
from dynode.testing import tiny_generator


@pytest.fixture(scope="session")
def generator() -> Any:
    return tiny_generator(16, w_dim=16, channels=12)


@pytest.fixture(scope="session")
def images(generator: Any) -> torch.Tensor:
    with torch.no_grad():
        return generator.synthesize(generator.sample(2, seed=3)).clone()


@pytest.fixture
def inverters() -> Any:
    registry = plugins.registry()
    for name in ("e4e", "optimize", "pti", "restyle"):
        module = importlib.import_module(f"dynode_{name}.plugin")
        registry.register(module, module.__name__)
    return registry.inverters
