"""For authors of plugins and generators: tiny generators, the command in-process, checks to pass.

Nothing here needs a network, weights or a test framework. `dynode.testing.fixtures` holds fixtures
for pytest.
"""

from dynode.testing.checks import Check, generator_checks
from dynode.testing.command import CommandResult, run_command
from dynode.testing.generators import tiny_generator, write_tiny_generator
from dynode.testing.plugin_check import Outcome, PluginCheck
from dynode.testing.plugin_checks import checks_for
from dynode.testing.scorers import PixelScorer
from dynode.testing.stand_ins import ColourWords, stand_ins
from dynode.testing.truths import LinearTruth

__all__ = [
    "Check",
    "ColourWords",
    "LinearTruth",
    "CommandResult",
    "Outcome",
    "PixelScorer",
    "PluginCheck",
    "checks_for",
    "generator_checks",
    "run_command",
    "stand_ins",
    "tiny_generator",
    "write_tiny_generator",
]
