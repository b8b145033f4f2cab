"""The bundled encoders of the facets world."""

from __future__ import annotations

import pytest
import torch

from dynode.plugins.methods import silent
from dynode_encoders.training.losses import psnr
from dynode_facets.bundled import load_generator
from dynode_facets.factors import population
from dynode_facets.render import render

# Means over 256 renders are in benchmarks/results/inverters.md; one portrait deviates by about 2.5.
LOWEST_DB = {"e4e": 30.0, "restyle": 36.0}


@pytest.mark.parametrize("name", LOWEST_DB)
def test_a_bundled_encoder_gives_portraits_back(inverters, name) -> None:
    generator = load_generator("cpu")
    images = render(population(torch.randn(16, 512, generator=torch.Generator().manual_seed(7))))
    method = inverters[name]
    assert method.suits(generator.info)

    found = method.invert(generator, images, method.options(), seed=0, progress=silent)

    with torch.inference_mode():
        assert float(psnr(generator.synthesize(found), images).mean()) > LOWEST_DB[name]
