"""What all tabs of the studio share: settings, generator, queue of the device, pictures."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dynode
from dynode import plugins
from dynode_studio.frames import Tabs
from dynode_studio.worker import Device

if TYPE_CHECKING:
    from dynode.generator import Generator
    from dynode_studio.live import Live


@dataclass(frozen=True)
class Settings:
    """What the command was given; see `dynode studio --help`."""

    source: Path | None = None
    generator: str | None = None
    device: str | None = None
    seed: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    browser: bool = True


def live_generator() -> str | None:
    """Name the generator that a person sees where none is named; None for the one of every command."""
    shown = (
        one for one in plugins.registry().generators if isinstance(one, dynode.GeneratorProvider)
    )
    return next((one.name for one in shown if one.default_live), None)


class Studio:
    """What all tabs share: the generator, the queue of its device, the pictures.

    Args:
        settings: What the command was given.
        generator: A loaded generator; None loads it in a thread while the page comes up.
    """

    def __init__(self, settings: Settings, generator: Generator | None = None) -> None:
        self.settings, self.tabs, self.device = settings, Tabs(), Device()
        self.lives: dict[str, Live] = {}
        self._generator: Future[Generator] = Future()
        if generator is not None:
            self._generator.set_result(generator)
            return
        threading.Thread(target=self._load, daemon=True).start()

    def _load(self) -> None:
        try:
            found = dynode.load_generator(self.settings.generator, device=self.settings.device)
            import torch

            self.device.threads = torch.get_num_threads()
            self._generator.set_result(found)
        except Exception as error:  # told on the page and by the command
            self._generator.set_exception(error)

    @property
    def generator(self) -> Generator:
        """The generator, once it is loaded.

        Raises:
            DynodeError: It cannot be.
        """
        return self._generator.result()
