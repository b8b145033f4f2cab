"""Hook of the clip plugin: CLIP models from weights files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dynode
from dynode.plugins import TextImageModel

if TYPE_CHECKING:
    import torch

DEFAULT_ARCHITECTURE = "ViT-B-32-quickgelu"


class ClipTextEncoder(dynode.TextEncoder):
    """CLIP by any architecture of open_clip, with weights from a file; none are bundled.

    Source:
        Radford et al. 2021, CLIP, arXiv:2103.00020; Ilharco et al. 2021, open_clip.
    """

    name = "clip"
    summary = "CLIP (OpenAI, LAION) from a weights file"

    def load(
        self, device: torch.device | str, *, weights: Path | None = None, architecture: str = ""
    ) -> TextImageModel:
        """Load a model onto a device.

        Args:
            device: Where it computes.
            weights: OpenAI's `.pt` (TorchScript or state dict), or a state dict of open_clip as
                `.pt`, `.bin` or `.safetensors`. Read as data; no program in it is run.
            architecture: A name that open_clip knows. The file cannot tell which activation it was
                trained with: OpenAI's models need the names that end in `-quickgelu`.

        Raises:
            MissingWeightsError: No file was given, or it is not there.
            UnknownNameError: open_clip knows no such architecture.
            CheckpointError: The file cannot be read, or holds another architecture.
        """
        from dynode_clip.loading import load_model

        return load_model(weights, architecture or DEFAULT_ARCHITECTURE, device)


@dynode.hookimpl
def register_text_encoders(register: Callable[[dynode.TextEncoder], None]) -> None:
    """Contribute CLIP."""
    register(ClipTextEncoder())
