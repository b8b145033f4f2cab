"""Known checkpoints and the folder they are kept in."""

from dynode.models.cache import cache_folder, cached_path, fetch
from dynode.models.known import KnownModel, known_models

__all__ = ["KnownModel", "cache_folder", "cached_path", "fetch", "known_models"]
