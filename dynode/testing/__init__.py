"""For authors of plugins and generators: tiny generators, the command in-process, checks to pass.

Nothing here needs a network, weights or a test framework; see `tests/` for how they are used.
"""

from dynode.testing.checks import Check, generator_checks
from dynode.testing.command import CommandResult, run_command
from dynode.testing.generators import tiny_generator, write_tiny_generator
from dynode.testing.scorers import PixelScorer

__all__ = [
    "Check",
    "CommandResult",
    "PixelScorer",
    "generator_checks",
    "run_command",
    "tiny_generator",
    "write_tiny_generator",
]
