"""Checks of the machine dynode runs on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path

import torch

from dynode import plugins
from dynode.devices import default_device, devices
from dynode.errors import DynodeError
from dynode.models import cache_folder
from dynode.plugins.entry_points import OWN

_LOW_MEMORY_GIB = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be.
        found: What was found.
        advice: What to do; empty when nothing is to be done.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""


def check() -> list[Finding]:
    """Look at everything dynode needs; nothing is changed and nothing downloaded."""
    return [
        Finding("python", True, f"{platform.python_version()} on {platform.system()}"),
        Finding("torch", True, f"{torch.__version__}, {torch.get_num_threads()} threads"),
        _torchvision(),
        _distributions(),
        _device(),
        _memory(),
        _cache(),
        *_plugins(),
    ]


def _torchvision() -> Finding:
    try:
        import torchvision
        from torchvision import ops

        assert ops is not None
        return Finding("torchvision", True, torchvision.__version__)
    except (ImportError, RuntimeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        version = metadata.version("torchvision") if _is_installed("torchvision") else "absent"
        return Finding(
            "torchvision",
            False,
            f"{version} does not work beside torch {torch.__version__} ({reason})",
            "install the matching pair in one command: pip install --upgrade torch torchvision",
        )


def _distributions() -> Finding:
    """Look whether others share the folders of our packages."""
    dynode_start = import_module("dynode_start")  # lies outside of the package

    neighbour = dynode_start.neighbour_trouble()
    if neighbour:
        return Finding("distributions", False, neighbour, dynode_start.advice())
    shared = {
        name: owners
        for name, owners in metadata.packages_distributions().items()
        if OWN in owners and len(set(owners)) > 1
    }
    for name, owners in shared.items():
        others = ", ".join(sorted(set(owners) - {OWN}))
        return Finding(
            "distributions",
            False,
            f"the package {name} is carried by {others} too, beside {OWN}",
            f"uninstall {others}, then type: pip install --force-reinstall --no-deps {OWN}",
        )
    return Finding("distributions", True, f"no other shares a package with {OWN}")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _device() -> Finding:
    here = ", ".join(devices())
    try:
        return Finding("device", True, f"{default_device()} is used; here: {here}")
    except DynodeError as error:
        return Finding("device", False, str(error), "unset DYNODE_DEVICE or choose one of these")


def _memory() -> Finding:
    free = _free_memory_gib()
    if free is None:
        return Finding("memory", True, "unknown on this system")
    enough = free >= _LOW_MEMORY_GIB
    advice = "" if enough else f"at least {_LOW_MEMORY_GIB:g} GiB free is wanted; close something"
    return Finding("memory", enough, f"{free:.1f} GiB available", advice)


def _free_memory_gib() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:  # not Linux
        return None
    kib = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return int(kib["MemAvailable"].split()[0]) / 2**20


def _cache() -> Finding:
    folder = cache_folder()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(existing, os.W_OK):
        return Finding("cache", True, str(folder))
    return Finding(
        "cache", False, f"{folder} cannot be written to", "set DYNODE_CACHE to a folder of yours"
    )


def _plugins() -> list[Finding]:
    try:
        reports = plugins.registry().reports
    except DynodeError as error:
        return [Finding("plugins", False, str(error), "correct DYNODE_LOAD_PLUGINS or unset it")]
    broken = [report for report in reports if report.error]
    loaded = ", ".join(r.name for r in reports if not r.error) or "none"
    findings = [Finding("plugins", True, loaded)]
    findings += [
        Finding(
            f"plugin {report.name}",
            False,
            report.error,
            f"update or uninstall {report.distribution}, or leave it out with DYNODE_LOAD_PLUGINS",
        )
        for report in broken
    ]
    return findings
