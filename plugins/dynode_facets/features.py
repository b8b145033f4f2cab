"""The features of the face: nose, mouth, eyes and brows."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_facets.person import Person
from dynode_worlds.canvas import Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import coverage, egg, ellipse, leaf, stroke

EYE_U, EYE_V = 0.196, 0.0
_EYE_HALF_WIDTH = 0.128


def paint_nose(canvas: Canvas, person: Person) -> Canvas:
    """Paint a nose with a soft body, a shadow beside and below it, and nostrils."""
    colours, f = person.colours, person.f
    place = person.face(canvas, depth=1.22)
    size = 1.0 + 0.60 * f["nose_size"]
    u, v = place.u, place.v - 0.170 - 0.022 * f["nose_size"]
    half = 0.076 * size
    side = -f["light"] * 0.016 - f["yaw"] * 0.008
    shadow = egg(u - side, v - 0.022, half, up=0.24, down=0.052 * size)
    body = egg(u, v, half, up=0.26, down=0.048 * size)
    canvas = canvas.paint(colours.skin_shadow, coverage(shadow, 0.055))
    canvas = canvas.paint(colours.skin_light, coverage(body + 0.012, 0.06) * 0.75)
    nostrils = ellipse(u.abs() - half * 0.52, v - 0.030 * size, 0.021 * size, 0.013 * size)
    canvas = canvas.paint(colours.skin_line, coverage(nostrils, 0.022) * 0.8)
    wings = stroke(body, 0.017) * coverage(0.62 * half - u.abs(), 0.03)
    return canvas.paint(colours.skin_line, wings * coverage(-0.015 - v, 0.03) * 0.75)


def paint_mouth(canvas: Canvas, person: Person) -> Canvas:
    """Paint lips, and between them teeth and tongue as far as the mouth is open."""
    colours, f = person.colours, person.f
    place = person.face(canvas, depth=1.05)
    width = 0.190 + 0.042 * f["smile"] - 0.012 * f["mouth_open"]
    gap = 0.003 + 0.036 * (1.0 + f["mouth_open"])
    q = place.u / width
    bend = -(0.014 + 0.076 * f["smile"]) * (q * q - 0.42)
    across = place.v - 0.352 - bend
    pixel = place.pixel
    lip = 0.033 - 0.005 * f["age"]
    upper = leaf(place.u, across + 0.012, width * 1.06, lip + gap * 0.20)
    lower = leaf(place.u, across - 0.012 - 0.90 * gap, width * 0.97, lip + gap * 0.95)
    shade = coverage(leaf(place.u, across - 0.06 - 1.6 * gap, width * 0.75, 0.035), 0.07)
    canvas = canvas.paint(colours.skin_shadow, shade * 0.6)
    canvas = canvas.paint(colours.lip_dark, coverage(upper, pixel * 1.3))
    canvas = canvas.paint(colours.lip, coverage(lower, pixel * 1.3))
    return _paint_inside(canvas, person, (place.u, across - 0.85 * gap), width, gap)


def _paint_inside(
    canvas: Canvas, person: Person, place: tuple[Tensor, Tensor], width: Tensor, gap: Tensor
) -> Canvas:
    """Paint what an open mouth shows; a closed one leaves a dark line."""
    u, across = place
    half = gap + 0.007
    opening = coverage(leaf(u, across, width * 0.93, half), canvas.pixel * 1.2)
    q = u / (width * 0.93)
    upper_edge = -half * (1.0 - q * q)
    teeth = 0.020 + 0.55 * gap + 0.012 * person.f["smile"]
    dark = u.new_tensor([0.36, 0.09, 0.10]).view(1, 3, 1, 1)
    white = u.new_tensor([0.99, 0.97, 0.94]).view(1, 3, 1, 1)
    tongue = u.new_tensor([0.80, 0.36, 0.37]).view(1, 3, 1, 1)
    canvas = canvas.paint(dark, opening)
    tip = coverage(ellipse(u, across - half * 1.05, width * 0.55, half * 0.62), 0.03)
    canvas = canvas.paint(tongue, opening * tip * 0.9)
    shown = coverage(across - upper_edge - teeth, canvas.pixel * 1.3)
    strength = gap / (gap + 0.012)
    return canvas.paint(white, opening * shown * strength)


def paint_eyes(canvas: Canvas, person: Person) -> Canvas:
    """Paint both eyes; the upper lid closes over the white, the iris and its light."""
    f = person.f
    place = person.face(canvas)
    along = place.u.abs() - EYE_U
    q = along / _EYE_HALF_WIDTH
    arch = 1.0 - q * q
    lift = -0.036 + 0.076 * (1.0 + f["eye_open"])
    sink = 0.042 - 0.007 * f["smile"]
    v = place.v - EYE_V + 0.012 * q
    canvas = _paint_sockets(canvas, person, along, v, lift)
    cover = _white_cover(along, v, lift, sink, place.pixel)
    canvas = canvas.paint(_white(v), cover)
    centre = torch.sign(place.u) * EYE_U + 0.056 * f["gaze"]
    canvas = _paint_iris(canvas, person, place.u - centre, v - 0.5 * (sink - lift) * 0.45, cover)
    return _paint_lids(canvas, person, along, v, (lift * arch, sink * arch))


def _white(v: Tensor) -> Tensor:
    return v.new_tensor([0.97, 0.965, 0.95]).view(1, 3, 1, 1)


def _white_cover(along: Tensor, v: Tensor, lift: Tensor, sink: Tensor, pixel: Tensor) -> Tensor:
    """Return the coverage of the open part of both eyes; none when they are closed."""
    half = 0.5 * (lift + sink)
    q = along / _EYE_HALF_WIDTH
    middle = 0.5 * (sink - lift) * (1.0 - q * q)
    opening = coverage(leaf(along, v - middle, _EYE_HALF_WIDTH, half), pixel)
    return opening * (half * half / (half * half + 0.008**2))


def _paint_sockets(
    canvas: Canvas, person: Person, along: Tensor, v: Tensor, lift: Tensor
) -> Canvas:
    """Shade the hollow of the eye and draw the crease above the lid."""
    colours = person.colours
    hollow = torch.exp(-((along / 0.140) ** 2)) * torch.exp(-(((v + 0.02) / 0.095) ** 2))
    canvas = canvas.paint(colours.skin_shadow, hollow * 0.55)
    q = along / (_EYE_HALF_WIDTH * 1.05)
    crease = v + 0.030 + 0.030 * (1.0 - q * q) + 0.60 * lift * (1.0 - q * q)
    fade = torch.exp(-((q / 0.85) ** 4))
    return canvas.paint(colours.skin_line, stroke(crease, 0.014) * fade * 0.55)


def _paint_iris(canvas: Canvas, person: Person, u: Tensor, v: Tensor, cover: Tensor) -> Canvas:
    """Paint iris, pupil and a catch-light that stays on the side of the light."""
    colours = person.colours
    radius = torch.sqrt(u * u + v * v + 1e-8)
    pixel = canvas.pixel
    dark = u.new_tensor([0.07, 0.06, 0.08]).view(1, 3, 1, 1)
    canvas = canvas.paint(colours.iris_rim, coverage(radius - 0.068, pixel * 1.2) * cover)
    canvas = canvas.paint(colours.iris, coverage(radius - 0.056, pixel * 1.5) * cover)
    canvas = canvas.paint(dark, coverage(radius - 0.031, pixel * 1.3) * cover)
    glint_u, glint_v = u - 0.020 * person.f["light"], v + 0.022
    glint = torch.exp(-(glint_u * glint_u + glint_v * glint_v) / 0.016**2)
    return canvas.paint(_white(v), glint * cover * 0.95)


def _paint_lids(
    canvas: Canvas, person: Person, along: Tensor, v: Tensor, arcs: tuple[Tensor, Tensor]
) -> Canvas:
    """Draw the dark upper lash line and the faint lower lid."""
    colours = person.colours
    lift, sink = arcs
    lash = leaf(along, v + lift + 0.004, _EYE_HALF_WIDTH * 1.10, 0.021)
    line = blend(colours.skin_line, colours.brow, 0.35) * 0.50
    lower = leaf(along, v - sink - 0.004, _EYE_HALF_WIDTH * 0.98, 0.012)
    canvas = canvas.paint(colours.skin_line, coverage(lower, 0.02) * 0.5)
    return canvas.paint(line, coverage(lash, canvas.pixel * 1.3))


def paint_brows(canvas: Canvas, person: Person) -> Canvas:
    """Paint both brows: raised and worried at one end, knitted and angry at the other."""
    colours, f = person.colours, person.f
    place = person.face(canvas)
    along = place.u.abs() - 0.200
    q = along / 0.145
    level = -0.205 + 0.042 * f["brow"] - 0.012 * f["eye_open"]
    curve = level - 0.060 * f["brow"] * q - 0.028 * (1.0 - q * q)
    thickness = 0.031 - 0.004 * f["age"] - 0.008 * q
    distance = leaf(along, place.v - curve, 0.150, thickness)
    canvas = canvas.paint(colours.brow, coverage(distance, place.pixel * 1.6) * 0.93)
    furrow = stroke(place.u.abs() - 0.036, 0.014) * stroke(place.v + 0.130, 0.055)
    return canvas.paint(colours.skin_line, furrow * 0.30 * (1.0 + f["brow"]))
