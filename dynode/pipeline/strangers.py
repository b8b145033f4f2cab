"""Pictures that the bundled generator cannot draw, given to the one that was fetched for them."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dynode.errors import UnlikePictureError
from dynode.models.cache import generator_for_strangers

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def or_fetched(work: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Let work on a picture go to the generator of a fetched set where the bundled one cannot draw it.

    Args:
        work: Takes `generator` by name; one that was named is used, whatever it draws.
    """

    @functools.wraps(work)
    def working(*given: _Given.args, **named: _Given.kwargs) -> _Result:
        try:
            return work(*given, **named)
        except UnlikePictureError as error:
            other = generator_for_strangers() if named.get("generator") is None else None
            if other is None:
                raise
            told = str(error).split(":")[0]
            warnings.warn(f"{told}; {other} is used, as with --generator {other}", stacklevel=2)
            named["generator"] = other
            return work(*given, **named)

    return working
