"""Write arrays in the containers that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from dynode import files


def write_content(path: Path, content: Any) -> None:  # whatever torch.save takes
    """Write a published file; it appears only when it is whole.

    Args:
        path: `.npy` for a tensor, `.npz` for tensors by name, else a file of `torch.save`.
        content: A tensor, or dictionaries and lists of tensors and plain values.
    """
    with files.written(path) as temporary:
        if path.suffix == ".npy":
            np.save(temporary, content.cpu().numpy(), allow_pickle=False)
        elif path.suffix == ".npz":
            np.savez(temporary, **{name: part.cpu().numpy() for name, part in content.items()})
        else:
            torch.save(content, temporary)
