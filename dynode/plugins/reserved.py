"""Names that options of plugins cannot have: the calls and commands that take them use these themselves."""

from __future__ import annotations

from dynode.errors import PluginError
from dynode.lazy import is_on_demand
from dynode.options import specs_of
from dynode.plugins.formats import Format
from dynode.plugins.inverter import Inverter
from dynode.plugins.methods import DirectionMethod
from dynode.plugins.trainable import Trainable, TrainableGenerator

_SHARED = frozenset(
    ("class_index", "generator", "device", "seed", "force", "progress", "output", "json")
)
_FACES = frozenset(("faces", "landmarks", "face_detector", "face_model")) | frozenset(
    ("all_faces", "crop_only", "face_number", "keep_identity")
)
_INVERTING = _FACES | {"source", "inverter", "inverter_option"}
_DRAWING = frozenset(("precision", "compile"))

METHOD_NAMES = (
    _SHARED
    | _INVERTING
    | _DRAWING
    | frozenset(
        ("plugin", "direction", "directions", "strength", "sweep", "fps", "edited_only")
        + ("inverter_options", "mode", "fit", "smoothing", "check", "method", "latents", "several")
        + ("motion", "motion_from", "length", "print_sbatch")
    )
)
"""Of `dynode.edit` and `dynode.find`, and flags of their commands."""

INVERTER_NAMES = _SHARED | _INVERTING | _DRAWING | frozenset(("align", "preview"))
"""Of `dynode.invert`, and flags of its command."""

FORMAT_NAMES = frozenset(
    ("path", "request", "format", "name", "component", "key", "rows", "space", "as", "licence")
    + ("generator", "device", "output", "force", "json")
)
"""Of `dynode.importing.import_directions`, and flags of `dynode directions import`."""

TRAINING_NAMES = _SHARED | frozenset(
    ("name", "data", "folder", "run_folder", "start", "from", "print_sbatch", "metrics")
    + ("metrics_count",)
)
"""Of `dynode.train`, and flags of its commands."""

_OF_GENERATORS = frozenset(("start", "from"))  # what trains another network may have a start itself


def has_waiting_options(thing: object) -> bool:
    """Say whether options of a plugin are imported on demand, so that they are checked when it is used."""
    return any(is_on_demand(thing, name) for name in ("options", "training_options"))


def check_options(thing: object, kind: str, name: str) -> None:
    """Check that the options of a plugin can be given, by keyword and by flag.

    Args:
        thing: What was registered.
        kind: What it is, for messages.
        name: Its name.

    Raises:
        PluginError: They are no options, or one has a name that is taken.
    """
    if isinstance(thing, DirectionMethod):
        _check(thing.options, METHOD_NAMES, f"{kind} {name!r}", "dynode.edit or dynode.find")
    if isinstance(thing, Inverter):
        _check(thing.options, INVERTER_NAMES, f"{kind} {name!r}", "dynode.invert")
    if isinstance(thing, Format):
        _check(thing.options, FORMAT_NAMES, f"{kind} {name!r}", "import_directions")
    if isinstance(thing, Trainable | TrainableGenerator):
        trains_generator = isinstance(thing, TrainableGenerator)
        _check(
            thing.training_options,
            TRAINING_NAMES if trains_generator else TRAINING_NAMES - _OF_GENERATORS,
            f"the training of {kind} {name!r}",
            "dynode.train",
        )


def _check(options: type, taken: frozenset[str], owner: str, call: str) -> None:
    try:
        named = {spec.name for spec in specs_of(options)}
    except (TypeError, NameError) as error:
        raise PluginError(f"the options of {owner} are unusable: {error}") from error
    if named & taken:
        raise PluginError(
            f"option {min(named & taken)!r} of {owner} is a keyword of {call}, or a flag of its command; "
            f"rename it"
        )
