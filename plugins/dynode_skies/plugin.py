"""What skies contributes to dynode; importing this module imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    import click
    import torch

    from dynode.generator import Generator

DOMAIN = "skies"


class SkiesGenerator(dynode.GeneratorProvider):
    """The bundled StyleGAN2, distilled from the skies renderer."""

    name = "skies-128"
    summary = "procedural landscapes, 128 px, bundled"
    licence = "Apache-2.0"
    domain = DOMAIN
    directions = Path(__file__).parent / "directions"

    def load(self, device: torch.device | str) -> Generator:
        """Load the bundled weights; see `GeneratorProvider.load`."""
        from dynode_skies.bundled import load_generator

        return load_generator(device)


@dynode.hookimpl
def register_generators(register: Callable[[dynode.GeneratorProvider], None]) -> None:
    """Contribute the bundled generator of landscapes."""
    register(SkiesGenerator())


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode skies`."""
    from dynode_skies.commands import skies

    register(skies)
