"""The `dynode` command: thin layers over the Python API, one file a command."""

from dynode.cli.root import main, run

__all__ = ["main", "run"]
