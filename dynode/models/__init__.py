"""Known checkpoints and the folder they are kept in."""

from dynode.models.cache import cache_folder, cached_path, fetch
from dynode.models.contents import CachePart, cache_parts, clear_cache, size_in_words
from dynode.models.known import KnownModel, known_models

__all__ = [
    "CachePart",
    "KnownModel",
    "cache_folder",
    "cache_parts",
    "cached_path",
    "clear_cache",
    "fetch",
    "known_models",
    "size_in_words",
]
