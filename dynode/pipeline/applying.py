"""Which options belong to which sources: one that does not apply is refused by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynode.errors import OptionError
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.source_kinds import SourceKind

SAMPLED: frozenset[SourceKind] = frozenset(["sampled"])
STILL: frozenset[SourceKind] = frozenset(["sampled", "picture", "latents"])
CLIP: frozenset[SourceKind] = frozenset(["clip"])
INVERTED: frozenset[SourceKind] = frozenset(["picture", "folder", "clip"])
ANY: frozenset[SourceKind] = STILL | INVERTED


@dataclass(frozen=True)
class Applies:
    """Where an option applies.

    Attributes:
        to: Kinds of source.
        or_with: Another option that makes it apply to every source, and alone; empty for none.
        beside: Another option that has to be given; empty for none.
        without: Another option that takes its place; empty for none.
    """

    to: frozenset[SourceKind] = ANY
    or_with: str = ""
    beside: str = ""
    without: str = ""


_INVERTING = {name: Applies(INVERTED) for name in ("inverter", "inverter_options", "faces")}
# What is sampled, by an inverter or a method too.
_SAMPLING = {
    name: Applies(SAMPLED | INVERTED, or_with="plugin") for name in ("seed", "class_index")
}

# Options that do not apply everywhere, by command and by their name in Python.
OPTIONS: Mapping[str, Mapping[str, Applies]] = {
    "edit": {
        **_INVERTING,
        **_SAMPLING,
        "crop_only": Applies(frozenset(["picture"])),
        "keep_identity": Applies(frozenset(["picture"])),
        "mode": Applies(CLIP),
        "fit": Applies(CLIP),
        "check": Applies(CLIP),
        "sweep": Applies(STILL),
        "motion": Applies(frozenset(["latents"]), without="sweep"),
        "length": Applies(beside="motion"),
        "fps": Applies(STILL, beside="sweep", or_with="motion"),
        "edited_only": Applies(STILL, without="sweep"),
    },
    "animate": {**_INVERTING, **_SAMPLING, "truncation": Applies(SAMPLED)},
    "directions show": {
        name: Applies(without="no_strip")
        for name in ("output", "sweep", "count", "generator", "device", "seed")
    },
    "morph": {**_INVERTING, "truncation": Applies(SAMPLED)},
    "mix": {**_INVERTING, "truncation": Applies(SAMPLED)},
    "walk": {**_INVERTING, "truncation": Applies(SAMPLED)},
    "train ode": {
        **{name: Applies(beside="published") for name in ("iterations", "exact")},
        **{
            name: Applies(without="published")
            for name in ("rank", "variance", "smoothing", "autonomous", "width", "depth")
        },
        **{name: Applies(without="published") for name in ("tube", "steps", "shooting", "chunk")},
    },
}

_KINDS: Mapping[SourceKind, str] = {
    "sampled": "a sampled picture",
    "picture": "a picture",
    "latents": "codes",
    "clip": "a clip",
    "folder": "a folder of pictures",
}


def refuse_what_does_not_apply(
    command: str, given: Mapping[str, Any], kind: SourceKind | Sequence[SourceKind] | None = None
) -> None:
    """Refuse options that were given and mean nothing for this source.

    Args:
        command: A key of `OPTIONS`.
        given: Values by option name; one that is None or empty was not given.
        kind: What the source is, or what several are: an option has to apply to one of them. None
            where there is none.

    Raises:
        OptionError: One of them does not apply; the message names it.
    """
    kinds = (kind,) if isinstance(kind, str) else tuple(kind or ())
    for name, value in given.items():  # in the order of the command
        where = OPTIONS[command].get(name)
        if where is None or not _is_given(value):
            continue
        flag = flag_of(name, value)
        applies_anyway = given.get(where.or_with)
        if kinds and not where.to.intersection(kinds) and not applies_anyway:
            meant = " or ".join(told for one, told in _KINDS.items() if one in where.to)
            found = " or ".join(_KINDS[one] for one in kinds)
            raise OptionError(f"{flag} does not apply to {found}, it is for {meant}; leave it out")
        if where.beside and not given.get(where.beside) and not applies_anyway:
            beside = " or ".join(flag_of(one) for one in (where.beside, where.or_with) if one)
            raise OptionError(f"{flag} applies only with {beside}; add that or leave it out")
        if given.get(where.without):
            raise OptionError(
                f"{flag} does not apply with {flag_of(where.without)}; leave one of them out"
            )


def _is_given(value: object) -> bool:
    return value is not None and not (isinstance(value, tuple | list | dict) and not value)


def flag_of(name: str, value: object = None) -> str:
    """Spell an option as on the command line."""
    if isinstance(value, FaceSource):
        ways = {"landmarks": value.landmarks, "face_detector": value.detector}
        name = next((way for way, told in ways.items() if told is not None), "face_model")
    spelled = {"inverter_options": "inverter-option", "fit": "smoothing", "class_index": "class"}
    spelled |= {"motion": "motion-from"}
    spelled_name = spelled.get(name, name)
    return "--" + spelled_name.replace("_", "-")
