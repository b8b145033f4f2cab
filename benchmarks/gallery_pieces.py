"""The pieces of the gallery: what is drawn by which command, and the page that tells more."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

GROUPS = ("Edit", "Methods", "Inverters", "Clips", "Make something", "Landscapes")


@dataclass(frozen=True)
class Piece:
    """One picture or clip of the gallery; its command names what it writes last."""

    group: str
    title: str
    command: str
    page: str

    @property
    def written(self) -> str:
        return shlex.split(self.command)[-1]

    @property
    def name(self) -> str:
        return Path(self.written).stem

    @property
    def kept(self) -> str:
        return self.name + (".webp" if self.written.endswith(".webp") else ".jpg")


_EDIT = {
    "By a text": (
        'dynode edit --plugin styleclip --text "smiling" --seed 3 -o smiling.png',
        "methods/styleclip.md",
    ),
    "Ready directions, stacked": (
        "dynode edit --direction smile:1.5 --direction glasses:2 --seed 3 -o both.png",
        "directions.md",
    ),
    "A sweep of strengths": (
        "dynode edit --direction age --sweep -2:2:7 --seed 5 -o age.png",
        "directions.md",
    ),
    "A portrait": ("dynode generate --seeds 4 -o portrait.png", "facets.md"),
    "A picture: inverted, then edited": (
        "dynode edit portrait.png --direction age:1.5 -o older.png",
        "inverters.md",
    ),
}
_METHODS = {
    "InterFaceGAN: a boundary of an attribute": (
        "dynode edit --plugin interfacegan --attribute age --samples 800 --strength 2 --seed 6 "
        "-o interfacegan.png",
        "methods/interfacegan.md",
    ),
    "GANSpace: a principal component that turns the head, and dims the glasses": (
        "dynode edit --plugin ganspace --attribute yaw --strength 2 --seed 6 -o ganspace.png",
        "methods/ganspace.md",
    ),
    "SeFa: a factor of the weights near a smile, with much else in it": (
        "dynode edit --plugin sefa --attribute smile --strength 2 --seed 6 -o sefa.png",
        "methods/sefa.md",
    ),
    "StyleCLIP, global direction": (
        'dynode edit --plugin styleclip-global --text "smiling" --strength 2 --seed 6 '
        "-o styleclip-global.png",
        "methods/styleclip.md",
    ),
    "StyleCLIP, mapper": (
        'dynode edit --plugin styleclip-mapper --text "angry" --seed 6 -o styleclip-mapper.png',
        "methods/styleclip.md",
    ),
}
_INVERTERS = {
    "The encoder of the bundled world": (
        "dynode invert portrait.png -o facets-codes.safetensors --preview facets-encoder.png",
        "inverters.md",
    ),
    "e4e": (
        "dynode invert portrait.png --inverter e4e -o e4e.safetensors --preview e4e.png",
        "methods/e4e.md",
    ),
    "ReStyle": (
        "dynode invert portrait.png --inverter restyle -o restyle.safetensors --preview restyle.png",
        "methods/restyle.md",
    ),
    "Optimisation": (
        "dynode invert portrait.png --inverter optimize --steps 200 -o optimize.safetensors "
        "--preview optimize.png",
        "methods/optimize.md",
    ),
    "Pivotal tuning": (
        "dynode invert portrait.png --inverter pti --pivot e4e -o pti.safetensors --preview pti.png",
        "methods/pti.md",
    ),
}
_CLIPS = {
    "A portrait that smiles": (
        "dynode animate --micromotion smile --seed 3 --frames 48 -o animate.webp",
        "methods/micromotion.md",
    ),
    "A walk between portraits": (
        "dynode walk 0-2 --loop --even --seconds 4 --fps 12 -o walk.webp",
        "make.md",
    ),
    "A clip of the bundled video generator": (
        "dynode generate --video --generator facets-video --seeds 0-3 --length 48 -o video.webp",
        "video.md",
    ),
    "A short clip": (
        "dynode animate --micromotion eyes-closed --seed 8 --frames 12 --boomerang -o blink.mp4",
        "methods/micromotion.md",
    ),
    "A clip, its first frame edited and carried through by the latent ODE": (
        "dynode edit blink.mp4 --direction glasses:2 -o edited-clip.webp",
        "dynamics.md",
    ),
    "A clip at other times": (
        "dynode interpolate blink.mp4 --fps 50 -o interpolated.webp",
        "dynamics.md",
    ),
}
_MAKE = {
    "Portraits": (
        "dynode generate --seeds 0-11 --truncation 0.7 -o portraits.png",
        "facets.md",
    ),
    "Mixed styles": ("dynode mix 0-2 4-7 --rows middle -o mixed.png", "make.md"),
    "A morph": ("dynode morph 3 7 --frames 7 --even -o morph.png", "make.md"),
}
_LANDSCAPES = {
    "Landscapes": (
        "dynode generate --generator skies --seeds 0-7 -o landscapes.png",
        "skies.md",
    ),
    "A night with an aurora": (
        "dynode edit --generator skies --seed 3 --direction night:2 --direction aurora:2 -o night.png",
        "skies.md",
    ),
    "A walk between landscapes": (
        "dynode walk --generator skies 1,3,5 --loop --even --seconds 4 --fps 12 -o skies-walk.webp",
        "skies.md",
    ),
}
PIECES = tuple(
    Piece(group, title, command, page)
    for group, pieces in zip(
        GROUPS, (_EDIT, _METHODS, _INVERTERS, _CLIPS, _MAKE, _LANDSCAPES), strict=True
    )
    for title, (command, page) in pieces.items()
)
