"""A user's own classifier: a TorchScript program from pictures to scores."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.errors import MissingWeightsError, OptionError
from dynode.weights.archive import open_archive


class TorchScriptScorer:
    """Scores pictures with a TorchScript module.

    Attributes:
        attributes: Names of its outputs.
        deviations: Their standard deviations; 1 until they are measured.
    """

    def __init__(self, module: nn.Module, *, size: int, names: Sequence[str] = ()) -> None:
        """Wrap a module and count its outputs with one grey picture.

        Args:
            module: Takes (n, 3, size, size) in [-1, 1], RGB; gives (n,) or (n, attributes).
            size: Side of its input in pixels.
            names: Names of the outputs; numbered if there are none.

        Raises:
            OptionError: It does not take such pictures, or has another number of outputs.
        """
        self._module = module.eval()
        self._size = (size, size)
        device = next((part.device for part in module.parameters()), torch.device("cpu"))
        try:
            outputs = self.score(torch.zeros(1, 3, size, size, device=device))
        except (RuntimeError, IndexError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())[-200:]
            raise OptionError(
                f"the classifier does not take pictures (1, 3, {size}, {size}) ({reason}); give its input "
                f"size with --classifier-size"
            ) from error
        count = outputs.shape[1]
        if names and len(names) != count:
            raise OptionError(
                f"--classifier-names gives {len(names)} names; the classifier has {count} outputs"
            )
        self.attributes: tuple[str, ...] = tuple(names) or tuple(
            f"output-{index}" for index in range(count)
        )
        self.deviations: tuple[float, ...] = (1.0,) * count

    def score(self, images: Tensor) -> Tensor:
        """Score pictures (n, 3, h, w) in [-1, 1]: (n, attributes)."""
        if images.shape[-2:] != self._size:
            images = functional.interpolate(
                images, size=self._size, mode="bilinear", antialias=True, align_corners=False
            )
        scores: Tensor = self._module(images)
        return scores.reshape(len(images), -1).float()


def load_torchscript(
    path: Path, *, size: int, names: Sequence[str], trust: bool, device: torch.device | str
) -> TorchScriptScorer:
    """Load a classifier.

    Args:
        path: A file of `torch.jit.save`. It is a program, and loading it runs it.
        size: Side of its input in pixels.
        names: Names of its outputs.
        trust: The user says the file may be run.
        device: Where it computes.

    Raises:
        OptionError: It is not trusted, or does not take pictures.
        MissingWeightsError: There is no such file.
        CorruptCheckpointError: It is no TorchScript.
    """
    module = open_program(path, what="the classifier", trust=trust, device=device)
    return TorchScriptScorer(module, size=size, names=names)


def open_program(
    path: Path, *, what: str, trust: bool, device: torch.device | str
) -> torch.jit.ScriptModule:
    """Load a TorchScript program, which runs it.

    Args:
        path: A file of `torch.jit.save`.
        what: What it is, for messages: `the classifier`.
        trust: The user says the file may be run.
        device: Where it computes.

    Returns:
        The program, in evaluation mode.

    Raises:
        OptionError: It is not trusted.
        MissingWeightsError: There is no such file.
        CorruptCheckpointError: It is no TorchScript.
    """
    if not path.is_file():
        raise MissingWeightsError(f"{what} {path} does not exist; check the path")
    if not trust:
        raise OptionError(
            f"{path.name} is a program that would be run; if you trust whoever made it, add --trust"
        )
    with (
        open_archive(path, "a TorchScript file", "save it with torch.jit.save") as archive,
        warnings.catch_warnings(),
    ):
        if archive.testzip() is not None:  # torch's own reader may end the process on damage
            raise ValueError("it is damaged")
        warnings.simplefilter("ignore", FutureWarning)  # torch advises the file's author
        warnings.simplefilter("ignore", DeprecationWarning)
        program: torch.jit.ScriptModule = torch.jit.load(str(path), map_location=device)
        return program.eval()
