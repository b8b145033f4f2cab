"""Write pickles in the layout of stylegan2-ada-pytorch with Python's own pickler and stand-ins."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import nn


class EasyDict(dict):  # type: ignore[type-arg]
    """Stands in for the published class of this name."""


class Module(nn.Module):
    """Pickles as a record of the published persistence (tests/reference describes its fields)."""

    class_name = "Module"

    def __reduce__(self) -> tuple[Any, ...]:
        record = {
            "type": "class",
            "version": 6,
            "module_src": "raise RuntimeError('readers must not run this')",
            "class_name": self.class_name,
            "state": self.__dict__,
        }
        return _reconstruct_persistent_obj, (record,), None


def _reconstruct_persistent_obj(record: object) -> object:
    """Is only named by the pickle; nothing may call it."""
    raise AssertionError("a pickle was executed")


def write_pickle(
    path: Path,
    entry: str,
    class_name: str,
    state: Mapping[str, np.ndarray],
    init_kwargs: Mapping[str, Any],
) -> None:
    """Write a pickle in the layout of stylegan2-ada-pytorch."""
    top = Module()
    top.class_name = class_name
    for key, value in state.items():
        *parents, name = key.split(".")
        owner: nn.Module = top
        for parent in parents:
            if parent not in owner._modules:
                owner.add_module(parent, Module())
            owner = owner.get_submodule(parent)
        tensor = torch.from_numpy(np.array(value))
        if name in ("resample_filter", "noise_const", "w_avg"):
            owner.register_buffer(name, tensor)
        else:
            owner.register_parameter(name, nn.Parameter(tensor, requires_grad=False))
    top._init_args = ()  # type: ignore[assignment]
    top._init_kwargs = _easy(init_kwargs)  # type: ignore[assignment]
    with _published_names():
        path.write_bytes(pickle.dumps({entry: top, "training_set_kwargs": None}, protocol=4))


def _easy(value: object) -> object:
    return EasyDict({k: _easy(v) for k, v in value.items()}) if isinstance(value, dict) else value


@contextmanager
def _published_names() -> Iterator[None]:
    """Let the pickler find the stand-ins under the published module names."""
    places = {EasyDict: "dnnlib.util", _reconstruct_persistent_obj: "torch_utils.persistence"}
    made = {}
    for thing, place in places.items():
        made[place] = types.ModuleType(place)
        made[place.split(".")[0]] = types.ModuleType(place.split(".")[0])
        setattr(made[place], thing.__name__, thing)
    with (
        patch.dict(sys.modules, made),
        patch.object(EasyDict, "__module__", "dnnlib.util"),
        patch.object(_reconstruct_persistent_obj, "__module__", "torch_utils.persistence"),
    ):
        yield
