"""Where to compute: devices by name, checked before anything is put on them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch

from dynode.errors import DeviceError


def default_device() -> torch.device:
    """Return the device of DYNODE_DEVICE, else the CUDA device if there is one, else the CPU."""
    return resolve_device(os.environ.get("DYNODE_DEVICE") or None)


def resolve_device(device: torch.device | str | None) -> torch.device:
    """Check a device and return it; None is a CUDA device if there is one, else the CPU.

    Raises:
        DeviceError: It does not exist on this machine.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError:
        found = None
    # torch keeps the index in a byte, so that 'cuda:256' would be 'cuda:0'.
    if found is None or str(found) != str(device) or not _is_available(found):
        raise DeviceError(
            f"device {str(device)!r} is not available; this machine has {', '.join(devices())}; "
            f"choose one with --device or DYNODE_DEVICE"
        )
    return found


def own_device(device: torch.device | str | None) -> torch.device:
    """Return a device; of several CUDA devices that of this process, where `torchrun` started it.

    Raises:
        DeviceError: It does not exist on this machine.
    """
    found = default_device() if device is None else resolve_device(device)
    local = os.environ.get("LOCAL_RANK")
    if str(found) == "cuda" and local is not None:
        return resolve_device(f"cuda:{local}")
    return found


@contextlib.contextmanager
def one_thread_processes() -> Iterator[None]:
    """Let processes that are started meanwhile compute with one thread each, whatever this one does.

    Several of them side by side would else wait for each other's threads.
    """
    wanted = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def devices() -> list[str]:
    """List the devices torch can use here."""
    names = ["cpu"]
    names += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return names


def _is_available(device: torch.device) -> bool:
    counts = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }
    return 0 <= (device.index or 0) < counts.get(device.type, 0)
