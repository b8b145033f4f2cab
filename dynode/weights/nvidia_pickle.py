"""The pickles of the NVIDIA networks, as their own code writes them."""

from __future__ import annotations

from dynode.weights.calls import Arguments, named
from dynode.weights.known_globals import TORCH_NAMES
from dynode.weights.pickle_instructions import Names
from dynode.weights.pickle_machine import PickleMachine
from dynode.weights.records import RECORD_NAMES
from dynode.weights.refusals import unsupported
from dynode.weights.skipped import with_skipped
from dynode.weights.stored import WeightsFile
from dynode.weights.torch_legacy import load_storage


def read_nvidia_pickle(file: WeightsFile, names: Names | None = None) -> object:
    """Read a plain pickle from the file's position.

    Args:
        file: The open file.
        names: Further globals that may occur, of a family of networks.

    Returns:
        The content: usually a dict of `PersistentRecord`, tensors still in the file.

    Raises:
        CheckpointError: It is damaged, unsafe or a TensorFlow pickle.
    """
    return PickleMachine(file, with_skipped({**PICKLE_NAMES, **(names or {})})).run()


def _tensorflow(file: WeightsFile, arguments: Arguments) -> object:
    raise unsupported(
        file.path,
        "it is a TensorFlow StyleGAN2 pickle (dnnlib.tflib)",
        "convert it with 'legacy.py' of stylegan2-ada-pytorch and give the new file",
    )


PICKLE_NAMES: Names = with_skipped(
    {
        **TORCH_NAMES,
        **RECORD_NAMES,
        **named(
            ("torch.storage", "_load_from_bytes", load_storage),
            ("dnnlib.tflib.network", "Network", _tensorflow),
        ),
    }
)
"""Globals of the NVIDIA pickles."""
