"""Known checkpoints and the folder they are kept in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.models.cache import (
        cached_path,
        fetch,
    )
    from dynode.models.contents import (
        CachePart,
        cache_parts,
        clear_cache,
        size_in_words,
    )
    from dynode.models.folder import cache_folder
    from dynode.models.known import (
        KnownModel,
        known_models,
    )

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

__getattr__ = names_on_demand(
    __name__,
    {
        "CachePart": "dynode.models.contents",
        "KnownModel": "dynode.models.known",
        "cache_folder": "dynode.models.folder",
        "cache_parts": "dynode.models.contents",
        "cached_path": "dynode.models.cache",
        "clear_cache": "dynode.models.contents",
        "fetch": "dynode.models.cache",
        "known_models": "dynode.models.known",
        "size_in_words": "dynode.models.contents",
    },
)
