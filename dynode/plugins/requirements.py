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
    for told in (entry_point.dist.requires if entry_point.dist else None) or ():
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
