"""The large shapes: background, clothes, neck, ears, face, hair and beard."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_facets.person import Person
from dynode_worlds.canvas import Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import coverage, egg, ellipse, profile, ramp, stroke


def paint_background(canvas: Canvas, person: Person) -> Canvas:
    """Paint a backdrop that is lighter behind the head and on the side of the light."""
    colours = person.colours
    x = canvas.x - 0.6 * person.f["light"]
    glow = torch.exp(-(x * x) * 0.9) * torch.exp(-((canvas.y + 0.25) ** 2) * 0.9)
    return canvas.paint(blend(colours.background_shadow, colours.background, glow), glow * 0 + 1)


def hair_cover(canvas: Canvas, person: Person) -> Tensor:
    """Return the coverage of the whole head of hair, in front of and behind the face."""
    return coverage(_hair_distance(canvas, person), canvas.pixel)


def _hair_distance(canvas: Canvas, person: Person) -> Tensor:
    place = person.head(canvas)
    length = 0.5 + 0.5 * person.f["hair_length"]
    flick = 1.0 + 0.14 * length * place.v.clamp(min=0) ** 2
    return egg(
        place.u / flick,
        place.v + 0.17,
        person.half_width + 0.045 + 0.085 * length,
        up=0.60 + 0.035 * length,
        down=0.26 + 0.86 * length,
        power=2.4 + 2.6 * length,
    )


def paint_neck(canvas: Canvas, person: Person) -> Canvas:
    """Paint the neck, in the shadow of the chin."""
    colours = person.colours
    u = canvas.x - 0.012 * person.f["yaw"]
    flare = 0.185 + 0.018 * person.f["jaw"] + 0.5 * (canvas.y - 0.50).clamp(min=0) ** 2
    cover = coverage(u.abs() - flare, canvas.pixel) * coverage(0.2 - canvas.y, 0.1)
    shade = coverage(canvas.y - 0.66, 0.30)
    return canvas.paint(blend(colours.skin, colours.skin_shadow, shade), cover)


def paint_clothes(canvas: Canvas, person: Person) -> Canvas:
    """Paint shoulders with a round collar."""
    colours = person.colours
    shoulders = egg(canvas.x, canvas.y - 1.22, 0.98, up=0.57, down=1.0)
    collar = ellipse(canvas.x, canvas.y - 0.63, 0.245, 0.15)
    edge = coverage(shoulders, canvas.pixel) * coverage(-collar, canvas.pixel)
    side = canvas.x * person.f["light"]
    cloth = blend(colours.clothes_shadow, colours.clothes, 0.78 + 0.25 * side)
    canvas = canvas.paint(cloth, edge)
    return canvas.paint(colours.clothes_shadow, edge * stroke(collar - 0.028, 0.022) * 0.8)


def paint_ears(canvas: Canvas, person: Person) -> Canvas:
    """Paint both ears; turning the head hides one and shows more of the other."""
    colours = person.colours
    place = person.head(canvas)
    u = place.u + 0.035 * person.f["yaw"]
    side = u.abs() - person.half_width - 0.005
    v = place.v - 0.06 + 0.05 * person.f["pitch"]
    cover = coverage(ellipse(side, v, 0.068, 0.105), canvas.pixel)
    inner = coverage(ellipse(side - 0.012, v, 0.036, 0.065), 0.03)
    bare = 1.0 - ramp(person.f["hair_length"], -0.80, 0.10)
    tone = blend(colours.skin, colours.skin_shadow, 0.25 + 0.75 * inner)
    return canvas.paint(tone, cover * bare)


def _face_distance(canvas: Canvas, person: Person, grow: Tensor | float = 0.0) -> Tensor:
    place = person.head(canvas)
    return egg(
        place.u,
        place.v + 0.04,
        person.half_width,
        up=0.60,
        down=person.chin + grow,
        power=person.jaw_power,
    )


def paint_face(canvas: Canvas, person: Person) -> Canvas:
    """Paint the face with its light, cheeks and the soft shadow of the hair."""
    colours, f = person.colours, person.f
    place, head = person.face(canvas), person.head(canvas)
    distance = _face_distance(canvas, person)
    cover = coverage(distance, canvas.pixel)
    side = head.u / person.half_width
    lit = 0.56 + 0.56 * f["light"] * side - 0.10 * head.v
    tone = torch.lerp(colours.skin_shadow, colours.skin_light, lit)
    rim = coverage(-distance - 0.015, 0.11) * 0.55
    hair = coverage(-_opening_distance(canvas, person) - 0.035, 0.10) * 0.6
    shade = 1.0 - (1.0 - rim) * (1.0 - hair)
    tone = torch.lerp(tone, colours.skin_shadow, shade)
    warmth = 0.42 + 0.18 * f["smile"] - 0.16 * f["age"]
    cheek = (place.u.abs() - 0.265) / 0.115
    cheeks = torch.exp(-cheek * cheek) * torch.exp(-(((place.v - 0.185) / 0.095) ** 2))
    return canvas.paint(torch.lerp(tone, colours.blush, cheeks * warmth), cover)


def paint_beard(canvas: Canvas, person: Person) -> Canvas:
    """Paint a beard that grows from a faint shade to a full, soft-edged one."""
    f = person.f
    place = person.face(canvas)
    density = ramp(f["beard"], -0.45, 0.85)
    side = place.u.abs()
    line = (
        0.265 + 0.13 * torch.exp(-(((side - 0.235) / 0.10) ** 2)) - 0.6 * (side - 0.30).clamp(min=0)
    )
    upper = coverage(line - place.v, 0.075)
    outline = coverage(_face_distance(canvas, person, 0.075 * density), 0.022)
    shade = blend(person.colours.beard, person.colours.brow, 0.35 * coverage(0.45 - place.v, 0.4))
    return canvas.paint(shade, upper * outline * density * 0.94)


def _opening_distance(canvas: Canvas, person: Person) -> Tensor:
    """Return the distance to the opening in the hair through which the face looks."""
    place = person.face(canvas)
    v = place.v - 0.03
    up, height = (-v).clamp(min=0) / 0.45, v.clamp(min=0)
    width = person.half_width * (0.925 - 0.05 * person.f["hair_length"])
    square = width * width * (1.0 - up * up + 0.7 * height * height)
    half_slope = width * width * (up / 0.45 + 0.7 * height)
    return profile(place.u - 0.13 * up * up, square, half_slope)


def paint_hair_behind(canvas: Canvas, person: Person, cover: Tensor) -> Canvas:
    """Paint the hair behind the head, darker towards the neck."""
    colours = person.colours
    depth = torch.exp(-((canvas.x / 0.42) ** 2)) * coverage(0.25 - canvas.y, 0.9)
    return canvas.paint(blend(colours.hair, colours.hair_shadow, 0.35 + 0.65 * depth), cover)


def paint_hair_in_front(canvas: Canvas, person: Person, cover: Tensor) -> Canvas:
    """Paint the fringe and the sides, with one soft band of light."""
    colours, f = person.colours, person.f
    place, head = person.face(canvas), person.head(canvas)
    opening = _opening_distance(canvas, person)
    cover = cover * coverage(-opening, canvas.pixel)
    lean = head.u - 0.16 * f["light"]
    arc = (head.v + 0.60) - 0.62 * head.u * head.u
    shine = stroke(arc, 0.085) * torch.exp(-(lean * lean) / 0.07)
    near = stroke(opening - 0.01, 0.055) * 0.55
    low = coverage(-place.v - 0.05, 0.7) * 0.35
    lock = stroke(opening - 0.15, 0.032) * coverage(place.v + 0.12, 0.3)
    away = 0.30 - 0.55 * f["light"] * head.u
    shade = 1.0 - (1.0 - near) * (1.0 - low) * (1.0 - away)
    tone = torch.lerp(colours.hair, colours.hair_shadow, shade)
    bright = 1.0 - (1.0 - 0.75 * shine) * (1.0 - 0.35 * lock)
    return canvas.paint(torch.lerp(tone, colours.hair_light, bright), cover)
