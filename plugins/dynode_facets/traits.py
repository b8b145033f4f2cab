"""What can be said about a portrait: phrases, and the factors that make them true."""

from __future__ import annotations

from dataclasses import dataclass

from dynode_worlds.traits import Between, Share, alternatives, article
from dynode_worlds.traits import Trait as WorldTrait


@dataclass(frozen=True)
class Trait(WorldTrait):
    """A trait of a person.

    Attributes:
        hair: Words that go before "hair" together: "long", "blonde".
    """

    hair: tuple[str, ...] = ()

    def places(self) -> tuple[str, ...]:
        """Name the places in a sentence that have something to say."""
        return (*super().places(), *(("hair",) if self.hair else ()))

    def everything(self) -> tuple[str, ...]:
        """List all that can be said."""
        return (*super().everything(), *self.hair)


_EYES_SEEN: Between = ("eye_open", -0.3, 1.0)


def _trait(
    topic: str,
    *when: Between,
    adjectives: str = "",
    nouns: str = "",
    phrases: str = "",
    hair: str = "",
    weight: float = 1.0,
) -> Trait:
    return Trait(
        topic,
        when,
        adjectives=alternatives(adjectives),
        nouns=alternatives(nouns),
        phrases=alternatives(phrases),
        hair=alternatives(hair),
        weight=weight,
    )


# One entry per trait reads better as a table than with one line per argument.
# fmt: off
EXPRESSIONS = (
    _trait("smile", ("smile", 0.12, 0.5), adjectives="slightly smiling",
           nouns="a slight smile | a small smile | a gentle smile", weight=3),
    _trait("smile", ("smile", 0.45, 1.0), adjectives="smiling", nouns="a smile | a happy smile",
           weight=4),
    _trait("smile", ("smile", 0.45, 1.0), ("brow", -1.0, 0.4), adjectives="happy | cheerful",
           nouns="a happy face", weight=2),
    _trait("smile", ("smile", 0.75, 1.0), adjectives="broadly smiling",
           nouns="a big smile | a broad smile | a wide smile", weight=3),
    _trait("smile", ("smile", 0.5, 1.0), ("mouth_open", 0.3, 1.0), adjectives="laughing",
           nouns="a toothy smile | an open smile", weight=2),
    _trait("smile", ("smile", -1.0, -0.05), nouns="no smile",
           phrases="not smiling | without a smile", weight=1.5),
    _trait("smile", ("smile", -0.5, -0.12), nouns="a slight frown | a small frown", weight=1.5),
    _trait("smile", ("smile", -1.0, -0.45), adjectives="unhappy", nouns="a frown | a sad mouth",
           weight=2),
    _trait("smile", ("smile", -1.0, -0.75), adjectives="very unhappy", nouns="a deep frown",
           weight=2),
    _trait("mood", ("brow", -1.0, -0.2), ("smile", -1.0, -0.2), adjectives="sad | worried",
           nouns="a sad expression | a sad face", weight=4),
    _trait("mood", ("brow", -1.0, -0.6), ("smile", -1.0, -0.5), adjectives="very sad", weight=3),
    _trait("mood", ("brow", 0.35, 1.0), ("smile", -1.0, 0.3), adjectives="angry | mad",
           nouns="an angry expression | an angry face", weight=4),
    _trait("mood", ("brow", 0.1, 0.45), ("smile", -1.0, 0.2), adjectives="slightly angry",
           nouns="a stern look", weight=2),
    _trait("mood", ("brow", 0.7, 1.0), ("smile", -1.0, 0.1), adjectives="very angry | furious",
           weight=3),
    _trait("mood", ("brow", -1.0, -0.15), ("mouth_open", 0.1, 1.0), ("eye_open", 0.1, 1.0),
           adjectives="surprised", nouns="a surprised expression | a surprised face", weight=4),
    _trait("mood", ("brow", -0.3, 0.3), ("smile", -0.35, 0.3), ("mouth_open", -1.0, 0.2),
           adjectives="neutral | calm", nouns="a neutral expression | a neutral face", weight=4),
    _trait("mood", ("brow", -1.0, -0.1), phrases="not angry", weight=0.7),
    _trait("brows", ("brow", -1.0, -0.4), nouns="raised eyebrows | raised brows"),
    _trait("brows", ("brow", 0.4, 1.0), nouns="lowered eyebrows | angry eyebrows | knitted brows"),
    _trait("mouth", ("mouth_open", 0.25, 1.0), phrases="mouth open", nouns="an open mouth",
           weight=2),
    _trait("mouth", ("mouth_open", 0.65, 1.0), phrases="mouth wide open", nouns="a wide open mouth",
           weight=2),
    _trait("mouth", ("mouth_open", -0.6, 0.1), phrases="mouth slightly open",
           nouns="a slightly open mouth"),
    _trait("mouth", ("mouth_open", -1.0, -0.6), phrases="mouth closed",
           nouns="a closed mouth | closed lips", weight=2),
    _trait("eyes", ("eye_open", -1.0, -0.75), phrases="eyes closed | eyes shut",
           adjectives="sleeping", nouns="closed eyes | eyes closed", weight=4),
    _trait("eyes", ("eye_open", -0.75, -0.3), phrases="eyes half closed", adjectives="sleepy",
           nouns="half closed eyes | narrow eyes", weight=2),
    _trait("eyes", ("eye_open", -0.2, 1.0), phrases="eyes open", nouns="open eyes", weight=0.8),
    _trait("eyes", ("eye_open", 0.5, 1.0), phrases="eyes wide open",
           nouns="wide open eyes | big eyes | wide eyes", weight=2),
    _trait("gaze", ("gaze", -1.0, -0.4), _EYES_SEEN, nouns="eyes to the left",
           phrases="looking left | looking to the left", weight=2),
    _trait("gaze", ("gaze", 0.4, 1.0), _EYES_SEEN, nouns="eyes to the right",
           phrases="looking right | looking to the right", weight=2),
    _trait("gaze", ("gaze", -0.2, 0.2), ("yaw", -0.35, 0.35), _EYES_SEEN,
           nouns="eyes straight ahead", phrases="looking at the camera | looking straight ahead"),
)

POSES = (
    _trait("yaw", ("yaw", -1.0, -0.4), nouns="the head turned to the left",
           phrases="head turned to the left | head turned left | facing left", weight=2),
    _trait("yaw", ("yaw", 0.4, 1.0), nouns="the head turned to the right",
           phrases="head turned to the right | head turned right | facing right", weight=2),
    _trait("yaw", ("yaw", -0.6, -0.2), phrases="head turned slightly to the left"),
    _trait("yaw", ("yaw", 0.2, 0.6), phrases="head turned slightly to the right"),
    _trait("yaw", ("yaw", -0.15, 0.15), phrases="facing forward | facing the camera"),
    _trait("pitch", ("pitch", -1.0, -0.45), nouns="the head down",
           phrases="looking down | head down", weight=1.5),
    _trait("pitch", ("pitch", 0.45, 1.0), nouns="the head up", phrases="looking up | head up",
           weight=1.5),
)

LOOKS = (
    _trait("age", ("age", -1.0, -0.4), adjectives="young", nouns="a young face", weight=3),
    _trait("age", ("age", -1.0, -0.7), adjectives="very young", nouns="smooth skin", weight=2),
    _trait("age", ("age", -0.3, 0.3), adjectives="middle aged", weight=1.5),
    _trait("age", ("age", 0.45, 1.0), adjectives="old | elderly | aged", nouns="an old face",
           weight=3),
    _trait("age", ("age", 0.5, 1.0), adjectives="wrinkled", nouns="wrinkles", weight=2),
    _trait("age", ("age", 0.8, 1.0), adjectives="very old", nouns="deep wrinkles", weight=2),
    _trait("age", ("age", -1.0, -0.5), nouns="no wrinkles", phrases="without wrinkles", weight=0.7),
    _trait("glasses", ("glasses", 0.15, 1.0), nouns="glasses | round glasses | eyeglasses",
           phrases="wearing glasses | wearing eyeglasses", weight=5),
    _trait("glasses", ("glasses", 0.7, 1.0), nouns="dark glasses | bold glasses | thick glasses",
           phrases="wearing dark glasses", weight=2),
    _trait("glasses", ("glasses", -0.1, 0.15), nouns="thin glasses | faint glasses"),
    _trait("glasses", ("glasses", -1.0, -0.2), nouns="no glasses",
           phrases="without glasses | not wearing glasses", weight=1.5),
    _trait("beard", ("beard", 0.15, 1.0), adjectives="bearded", nouns="a beard", weight=5),
    _trait("beard", ("beard", 0.65, 1.0), nouns="a full beard | a thick beard | a big beard",
           weight=2),
    _trait("beard", ("beard", -0.2, 0.2), nouns="stubble | a light beard | a short beard"),
    _trait("beard", ("beard", -1.0, -0.4), nouns="no beard", adjectives="clean shaven",
           phrases="without a beard", weight=1.0),
    _trait("face", ("face_width", -1.0, -0.5), nouns="a narrow face | a thin face | a slim face"),
    _trait("face", ("face_width", 0.5, 1.0), nouns="a wide face | a round face | a broad face"),
    _trait("jaw", ("jaw", -1.0, -0.5), nouns="a pointed chin | a narrow chin"),
    _trait("jaw", ("jaw", 0.5, 1.0), nouns="a square jaw | a strong jaw"),
    _trait("nose", ("nose_size", -1.0, -0.5), nouns="a small nose | a little nose"),
    _trait("nose", ("nose_size", 0.5, 1.0), nouns="a big nose | a large nose"),
    _trait("skin", ("skin", -1.0, -0.45), nouns="dark skin | brown skin", weight=1.5),
    _trait("skin", ("skin", -0.3, 0.3), nouns="tan skin | medium skin", weight=0.7),
    _trait("skin", ("skin", 0.45, 1.0), nouns="light skin | pale skin | fair skin", weight=1.5),
)

HAIR = (
    _trait("hair length", ("hair_length", 0.4, 1.0), hair="long", weight=4),
    _trait("hair length", ("hair_length", 0.8, 1.0), hair="very long", weight=2),
    _trait("hair length", ("hair_length", -0.2, 0.35), hair="medium length | shoulder length"),
    _trait("hair length", ("hair_length", -1.0, -0.35), hair="short", weight=3),
    _trait("hair length", ("hair_length", -1.0, -0.75), hair="very short | cropped", weight=2),
    _trait("hair colour", ("age", 0.5, 1.0), hair="gray | grey | silver", weight=4),
    _trait("hair colour", ("age", 0.75, 1.0), hair="white", weight=3),
    _trait("hair colour", ("age", -1.0, 0.35), ("hair_lightness", -1.0, -0.55), hair="black | dark",
           weight=3),
    _trait("hair colour", ("age", -1.0, 0.3), ("hair_lightness", -0.65, 0.15),
           ("hair_hue", -0.4, 1.0), hair="brown", weight=3),
    _trait("hair colour", ("age", -1.0, 0.1), ("hair_lightness", -0.4, 1.0),
           ("hair_hue", -1.0, -0.4), hair="red | ginger | auburn", weight=4),
    _trait("hair colour", ("age", -1.0, 0.1), ("hair_lightness", 0.35, 1.0),
           ("hair_hue", -0.2, 1.0), hair="blonde | blond | light", weight=4),
)


_EYE_COLOURS = {"brown": (-1.0, -0.6), "green": (-0.5, 0.2), "blue": (0.4, 1.0)}
_CLOTHES_COLOURS = {
    "red": (-1.0, -0.85),
    "orange": (-1.0, -0.7),
    "yellow": (-0.75, -0.5),
    "green": (-0.5, 0.1),
    "blue": (0.25, 0.8),
    "purple": (0.75, 1.0),
}
_BACKGROUND_COLOURS = {
    "orange": (-1.0, -0.75),
    "yellow": (-0.75, -0.45),
    "green": (-0.45, 0.1),
    "blue": (0.3, 0.75),
    "purple": (0.75, 1.0),
}

COLOURS = (
    *(
        _trait("eye colour", ("eye_hue", *ends), _EYES_SEEN, nouns=f"{name} eyes")
        for name, ends in _EYE_COLOURS.items()
    ),
    *(
        _trait(
            "clothes",
            ("clothes_hue", *ends),
            phrases=f"wearing {article(name)} {name} shirt | in {article(name)} {name} sweater",
        )
        for name, ends in _CLOTHES_COLOURS.items()
    ),
    *(
        _trait("background", ("background_hue", *ends), nouns=f"a {name} background")
        for name, ends in _BACKGROUND_COLOURS.items()
    ),
    _trait("backdrop", ("background_lightness", -1.0, -0.5), nouns="a dark background",
           phrases="on a dark background | in front of a dark wall"),
    _trait("backdrop", ("background_lightness", 0.5, 1.0),
           nouns="a light background | a bright background",
           phrases="on a bright background | in front of a bright wall"),
    _trait("light", ("light", -1.0, -0.55), phrases="lit from the left", weight=0.7),
    _trait("light", ("light", 0.55, 1.0), phrases="lit from the right", weight=0.7),
    _trait("lips", ("lip_colour", -1.0, -0.55), nouns="pale lips"),
    _trait("lips", ("lip_colour", 0.45, 1.0), nouns="red lips | lipstick | red lipstick"),
)
# fmt: on

TRAITS: tuple[Trait, ...] = (*EXPRESSIONS, *POSES, *LOOKS, *HAIR, *COLOURS)

SHARES: tuple[Share, ...] = (
    Share("smile", "smile", 0, 1, ("{}% smile", "a {}% smile"), ("smiling {}%", "{}% smiling")),
    Share("smile", "smile", 0, -1, ("{}% frown", "a {}% frown"), ("frowning {}%",)),
    Share("eyes", "eye_open", -1, 1, ("{}% open eyes", "eyes {}% open"), ("eyes {}% open",)),
    Share("eyes", "eye_open", 1, -1, ("{}% closed eyes", "eyes {}% closed"), ("eyes {}% closed",)),
    Share("age", "age", -1, 1, (), ("age {}%", "aged {}%", "{}% old")),
    Share("age", "age", 1, -1, (), ("{}% young",)),
    Share("mood", "brow", 0, 1, (), ("angry {}%", "{}% angry")),
    Share("mouth", "mouth_open", -1, 1, ("mouth {}% open", "{}% open mouth"), ("mouth {}% open",)),
    Share("yaw", "yaw", 0, -1, (), ("head turned {}% to the left", "head turned {}% left")),
    Share("yaw", "yaw", 0, 1, (), ("head turned {}% to the right", "head turned {}% right")),
    Share("pitch", "pitch", 0, 1, (), ("head {}% up",)),
    Share("pitch", "pitch", 0, -1, (), ("head {}% down",)),
)
