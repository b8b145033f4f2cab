"""What can be said about a landscape: phrases, and the factors that make them true."""

from __future__ import annotations

from dynode_worlds.traits import Between, Share, Trait, alternatives


def _trait(
    topic: str,
    *when: Between,
    adjectives: str = "",
    nouns: str = "",
    phrases: str = "",
    weight: float = 1.0,
) -> Trait:
    return Trait(
        topic,
        when,
        adjectives=alternatives(adjectives),
        nouns=alternatives(nouns),
        phrases=alternatives(phrases),
        weight=weight,
    )


_BY_DAY: Between = ("night", -1.0, -0.1)
_IN_THE_DARK: Between = ("night", 0.35, 1.0)
_SEEN_GROUND: Between = ("snow", -1.0, 0.3)

# One entry per trait reads better as a table than with one line per argument.
# fmt: off
HOURS = (
    _trait("hour", ("sun_height", -1.0, -0.45), _BY_DAY, adjectives="glowing | warm",
           nouns="a sunset | a red sky | a setting sun | a glowing sky",
           phrases="at sunset | at dusk | in the evening | in warm light", weight=5),
    _trait("hour", ("sun_height", 0.35, 1.0), _BY_DAY, adjectives="sunny | bright",
           nouns="a high sun | bright light", phrases="at noon | at midday | in full daylight",
           weight=3),
    _trait("hour", ("night", -1.0, -0.5), phrases="by day | during the day", weight=1.5),
    _trait("hour", ("night", 0.4, 1.0), adjectives="dark | nocturnal",
           nouns="a night sky | stars | a starry sky",
           phrases="at night | by night | in the dark | under the stars", weight=5),
    _trait("hour", ("night", 0.4, 1.0), ("sun_height", -0.2, 1.0), nouns="a moon | the moon",
           phrases="in the moonlight | under the moon", weight=1.5),
    _trait("bearing", ("sun_bearing", -1.0, -0.45), ("cloud_cover", -1.0, 0.5),
           nouns="the sun on the left", phrases="lit from the left"),
    _trait("bearing", ("sun_bearing", 0.45, 1.0), ("cloud_cover", -1.0, 0.5),
           nouns="the sun on the right", phrases="lit from the right"),
    _trait("aurora", ("aurora", 0.4, 1.0), _IN_THE_DARK,
           nouns="an aurora | northern lights | polar lights",
           phrases="under northern lights | under an aurora", weight=4),
    _trait("aurora", ("aurora", -1.0, -0.6), _IN_THE_DARK, nouns="no aurora | no northern lights",
           phrases="without northern lights | without an aurora", weight=1.5),
    _trait("sky", ("sky_hue", -1.0, -0.5), _BY_DAY, ("sun_height", 0.0, 1.0),
           nouns="a turquoise sky"),
    _trait("sky", ("sky_hue", 0.5, 1.0), nouns="a violet sky | a purple sky"),
)

WEATHER = (
    _trait("clouds", ("cloud_cover", -1.0, -0.6), adjectives="cloudless | clear",
           nouns="a clear sky | no clouds | a cloudless sky",
           phrases="under a clear sky | without clouds", weight=3),
    _trait("clouds", ("cloud_cover", -0.5, 0.1), nouns="a few clouds | some clouds", weight=2),
    _trait("clouds", ("cloud_cover", 0.2, 0.7), adjectives="cloudy",
           nouns="clouds | many clouds | a cloudy sky", weight=3),
    _trait("clouds", ("cloud_cover", 0.6, 1.0), adjectives="overcast | cloudy",
           nouns="an overcast sky | a grey sky | heavy clouds",
           phrases="under an overcast sky | under heavy clouds", weight=4),
    _trait("cloud size", ("cloud_scale", -1.0, -0.5), ("cloud_cover", -0.4, 1.0),
           nouns="small clouds"),
    _trait("cloud size", ("cloud_scale", 0.5, 1.0), ("cloud_cover", -0.4, 1.0),
           nouns="big clouds | huge clouds | large clouds"),
    _trait("haze", ("haze", -1.0, -0.5), nouns="clear air", phrases="in clear air"),
    _trait("haze", ("haze", 0.35, 0.75), adjectives="hazy", nouns="haze | some haze", weight=2),
    _trait("haze", ("haze", 0.65, 1.0), adjectives="foggy | misty | hazy",
           nouns="fog | mist | thick fog | thick haze", phrases="in the fog | in the mist",
           weight=4),
    _trait("wind", ("wind", -1.0, -0.55), ("trees", -0.2, 1.0),
           nouns="wind from the right | trees that lean to the left",
           phrases="in a wind from the right"),
    _trait("wind", ("wind", 0.55, 1.0), ("trees", -0.2, 1.0),
           nouns="wind from the left | trees that lean to the right",
           phrases="in a wind from the left"),
)

LAND = (
    _trait("ridge", ("ridge_height", -1.0, -0.5), adjectives="flat", nouns="low hills | small hills",
           weight=2),
    _trait("ridge", ("ridge_height", 0.35, 1.0), adjectives="mountainous",
           nouns="high mountains | tall mountains | big mountains", phrases="in the mountains",
           weight=3),
    _trait("massif", ("massif", -1.0, -0.5), ("ridge_height", -0.2, 1.0),
           nouns="a peak on the left | a mountain on the left"),
    _trait("massif", ("massif", 0.5, 1.0), ("ridge_height", -0.2, 1.0),
           nouns="a peak on the right | a mountain on the right"),
    _trait("snow", ("snow", -1.0, -0.6), adjectives="snowless", nouns="no snow",
           phrases="without snow"),
    _trait("snow", ("snow", -0.2, 0.35), ("ridge_height", -0.1, 1.0),
           nouns="snow on the peaks | snowy peaks | snowy mountains", weight=2),
    _trait("snow", ("snow", 0.45, 1.0), adjectives="snowy | wintry | white",
           nouns="snow | much snow | deep snow", phrases="in winter | in the snow", weight=4),
    _trait("season", ("season", -1.0, -0.45), _SEEN_GROUND, adjectives="green | fresh",
           nouns="green meadows | a green meadow", phrases="in spring | in springtime", weight=3),
    _trait("season", ("season", 0.45, 1.0), _SEEN_GROUND, adjectives="golden | autumnal",
           nouns="autumn colours | golden trees | orange leaves", phrases="in autumn | in the fall",
           weight=4),
    _trait("trees", ("trees", -1.0, -0.6), adjectives="treeless | bare", nouns="no trees",
           phrases="without trees", weight=2),
    _trait("trees", ("trees", 0.35, 1.0), adjectives="wooded",
           nouns="trees | many trees | a forest | tall trees | firs", phrases="in the woods",
           weight=3),
)

WATER = (
    _trait("water", ("water", -1.0, -0.55), nouns="a small lake | a pond | a wide meadow"),
    _trait("water", ("water", 0.45, 1.0), nouns="a wide lake | a big lake | a large lake",
           phrases="by a wide lake", weight=2),
    _trait("waves", ("waves", -1.0, -0.5), nouns="calm water | still water | a mirror lake",
           phrases="with reflections", weight=2),
    _trait("waves", ("waves", 0.45, 1.0), nouns="waves | rough water | choppy water", weight=2),
)

CAMERA = (
    _trait("turn", ("turn", -1.0, -0.55), phrases="looking left", weight=0.6),
    _trait("turn", ("turn", 0.55, 1.0), phrases="looking right", weight=0.6),
    _trait("horizon", ("horizon", -1.0, -0.5), nouns="a low horizon | much sky | a wide sky"),
    _trait("horizon", ("horizon", 0.5, 1.0), nouns="a high horizon | little sky"),
)
# fmt: on

TRAITS: tuple[Trait, ...] = (*HOURS, *WEATHER, *LAND, *WATER, *CAMERA)

SHARES: tuple[Share, ...] = (
    Share("clouds", "cloud_cover", -1, 1, ("{}% clouds", "{}% cloud cover"), ("{}% cloudy",)),
    Share("haze", "haze", -1, 1, ("{}% haze", "{}% fog"), ("{}% hazy",)),
    Share("snow", "snow", -1, 1, ("{}% snow",), ("{}% snowy",)),
    Share("hour", "night", -1, 1, ("{}% night",), ("{}% dark",)),
    Share("hour", "sun_height", 1, -1, ("{}% sunset", "a {}% sunset"), ("{}% evening",)),
    Share("season", "season", -1, 1, ("{}% autumn",), ("{}% autumnal",)),
    Share("trees", "trees", -1, 1, ("{}% forest", "{}% trees"), ("{}% wooded",)),
)
