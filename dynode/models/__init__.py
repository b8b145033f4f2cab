"""Known checkpoints and the folder they are kept in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.models.adding import add
    from dynode.models.address import described, fetched_path, is_address
    from dynode.models.cache import (
        cached_path,
        here,
        present,
        weights_for,
    )
    from dynode.models.contents import (
        CachePart,
        cache_parts,
        clear_cache,
        size_in_words,
    )
    from dynode.models.fetching import fetch
    from dynode.models.folder import cache_folder
    from dynode.models.known import (
        KnownModel,
        ModelSet,
        known_models,
        model_sets,
    )

__all__ = [
    "CachePart",
    "KnownModel",
    "ModelSet",
    "add",
    "cache_folder",
    "cache_parts",
    "cached_path",
    "clear_cache",
    "described",
    "fetch",
    "fetched_path",
    "here",
    "is_address",
    "known_models",
    "model_sets",
    "present",
    "size_in_words",
    "weights_for",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "CachePart": "dynode.models.contents",
        "KnownModel": "dynode.models.known",
        "ModelSet": "dynode.models.known",
        "add": "dynode.models.adding",
        "cache_folder": "dynode.models.folder",
        "cache_parts": "dynode.models.contents",
        "cached_path": "dynode.models.cache",
        "clear_cache": "dynode.models.contents",
        "described": "dynode.models.address",
        "fetched_path": "dynode.models.address",
        "is_address": "dynode.models.address",
        "fetch": "dynode.models.fetching",
        "here": "dynode.models.cache",
        "known_models": "dynode.models.known",
        "model_sets": "dynode.models.known",
        "present": "dynode.models.cache",
        "size_in_words": "dynode.models.contents",
        "weights_for": "dynode.models.cache",
    },
)
