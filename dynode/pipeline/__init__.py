"""The steps from a source to a picture, as plain functions behind the commands."""

from dynode.lazy import names_on_demand

__getattr__ = names_on_demand(
    __name__, {}, ("calibrate", "convert", "directions", "exchange", "health", "library")
)
