"""Install and uninstall plugins in the environment that this dynode runs in."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence

from dynode.errors import PluginError


def install_command(action: str, packages: Sequence[str]) -> list[str]:
    """Build the command line that installs or uninstalls packages for this Python.

    Args:
        action: `install` or `uninstall`.
        packages: What pip takes: names of the package index, folders, wheels, addresses.

    Raises:
        PluginError: Neither pip nor uv is there.
    """
    if importlib.util.find_spec("pip") is not None:
        yes = ["--yes"] if action == "uninstall" else []
        return [sys.executable, "-m", "pip", action, *yes, "--", *packages]
    uv = shutil.which("uv")
    if uv is None:
        raise PluginError(
            f"neither pip nor uv is there to {action} packages for {sys.executable}; run '{sys.executable} "
            f"-m ensurepip', or use what this environment was made with"
        )
    return [uv, "pip", action, "--python", sys.executable, "--", *packages]


def change(action: str, packages: Sequence[str]) -> dict[str, str]:
    """Run the installer, whose output goes to stderr, and see which plugins came or went.

    Args:
        action: `install` or `uninstall`.
        packages: See `install_command`.

    Returns:
        For every plugin that is new or gone, what it registers; an error in its place begins with
        `FAILED`.

    Raises:
        PluginError: The installer failed, or is not there.
    """
    command = install_command(action, packages)
    before = _plugins()
    if code := subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise PluginError(
            f"'{' '.join(command)}' failed with exit code {code}; what it said stands above"
        )
    after = _plugins()
    return {name: (after | before)[name] for name in after.keys() ^ before.keys()}


def _plugins() -> dict[str, str]:
    """List the plugins as a process that starts now sees them."""
    listed = subprocess.run(
        [sys.executable, "-m", "dynode", "plugins", "list", "--json"],
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode:
        raise PluginError(f"the installed plugins cannot be listed: {listed.stderr.strip()}")
    return {
        f"{each['name']} ({each['distribution']})": f"FAILED  {each['error']}"
        if each["error"]
        else "; ".join(f"{kind}: {', '.join(names)}" for kind, names in each["provides"].items())
        for each in json.loads(listed.stdout)["plugins"]
    }
