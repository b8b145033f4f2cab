"""What a plugin's distribution requires of dynode, checked when it is loaded."""

from __future__ import annotations

from importlib import metadata

from dynode.errors import PluginError
from dynode.plugins.entry_points import OWN
from dynode.version import __version__


def check_requirement(entry_point: metadata.EntryPoint) -> None:
    """Refuse a plugin that was written for another version of the hooks.

    An installer checks the same once; what was installed without dependencies, or before dynode was
    replaced, comes here.

    Args:
        entry_point: The plugin. One without a distribution, or without a requirement, passes.

    Raises:
        PluginError: Its distribution asks for a dynode that this is not.
    """
    for told in _requirements(entry_point.dist) if entry_point.dist else ():
        if not told.lower().replace("_", "-").startswith(OWN):
            continue
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            requirement = Requirement(told)
        except InvalidRequirement:
            continue  # its installer has complained
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        is_ours = requirement.name.lower().replace("_", "-") == OWN
        if is_ours and applies and not requirement.specifier.contains(__version__, True):
            raise PluginError(
                f"it was written for {OWN} {requirement.specifier}, and this is {__version__}; install a "
                f"version of it that fits, or that {OWN}"
            )


def _requirements(dist: metadata.Distribution) -> list[str]:
    """List what a distribution requires; parsing all of its metadata takes twenty times as long."""
    told = dist.read_text("METADATA")
    if told is None:
        return list(dist.requires or ())
    head, _, _ = told.partition("\n\n")
    fields = (line.partition(":") for line in head.splitlines())
    return [value.strip() for name, _, value in fields if name.lower() == "requires-dist"]
