"""Which weights are there; asked at every start, so that nothing that fetches is imported."""

from __future__ import annotations

from pathlib import Path

from dynode.errors import MissingWeightsError
from dynode.models.folder import cache_folder, given_folder
from dynode.models.known import KnownModel, known_models, model_sets


def present(model: KnownModel) -> Path | None:
    """Return the file of a model, in the folder of DYNODE_MODELS or in the cache; None if it is not there."""
    places = [cache_folder() / model.filename]
    if (given := given_folder()) is not None:
        places = [given / model.published_name, given / model.filename, *places]
    return next((place for place in places if place.is_file()), None)


def cached_path(model: KnownModel) -> Path:
    """Return the file of a fetched model, or of one in the folder of DYNODE_MODELS.

    Raises:
        MissingWeightsError: It is not there.
    """
    path = present(model)
    if path is None:
        raise MissingWeightsError(
            f"the weights of {model.name} are not on this machine (looked for "
            f"{cache_folder() / model.filename}); fetch them with 'dynode models fetch {model.name}' "
            f"({model.url}, licence {model.licence}), or take a file you have with 'dynode models add'"
        )
    return path


def here(kind: str, purpose: str = "", source: str = "") -> KnownModel | None:
    """Find weights on this machine that somebody takes without being told.

    Args:
        kind: See `KnownModel`.
        purpose: See `KnownModel`; empty for any.
        source: Name of the file that holds them; empty for any.
    """
    for model in known_models().values():
        if model.kind == kind and purpose in ("", model.purpose):
            path = present(model)
            if path is not None and source in ("", path.name):
                return model
    return None


def generator_for_strangers() -> str | None:
    """Name the generator on this machine for pictures that no bundled one draws: a fetched set's."""
    known = known_models()
    for each in model_sets().values():
        if each.draws in known and present(known[each.draws]) is not None:
            return each.draws
    return None


def weights_for(kind: str, purpose: str = "", source: str = "") -> Path | None:
    """Return the file of what `here` finds."""
    model = here(kind, purpose, source)
    return None if model is None else present(model)
