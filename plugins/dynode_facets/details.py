"""Fine things over the face: the lines of age, and glasses."""

from __future__ import annotations

import torch

from dynode_facets.features import EYE_U, EYE_V
from dynode_facets.person import Person, Place
from dynode_worlds.canvas import Canvas
from dynode_worlds.shapes import coverage, ellipse, ramp, stroke


def paint_wrinkles(canvas: Canvas, person: Person) -> Canvas:
    """Draw forehead lines, crow's feet, folds beside the nose and bags under the eyes."""
    f = person.f
    place = person.face(canvas)
    age = 0.85 * (0.5 + 0.5 * f["age"]).clamp(min=0) ** 1.7
    side = place.u.abs()
    brow = torch.exp(-((place.u / 0.20) ** 4))
    forehead = stroke(place.v + 0.300 - 0.25 * place.u**2, 0.013) * brow
    forehead = forehead + stroke(place.v + 0.358 - 0.25 * place.u**2, 0.013) * brow * 0.8
    feet = stroke((place.v - EYE_V - 0.012).abs() - 0.9 * (side - 0.325) - 0.012, 0.013)
    feet = feet * torch.exp(-(((side - 0.365) / 0.035) ** 4))
    bend = side - 0.135 - 0.42 * (place.v - 0.17) - 0.025 * f["smile"]
    folds = stroke(bend, 0.015) * torch.exp(-(((place.v - 0.255) / 0.085) ** 4))
    bags = stroke(place.v - EYE_V - 0.098 + 1.4 * (side - EYE_U) ** 2, 0.014)
    bags = bags * torch.exp(-(((side - EYE_U) / 0.10) ** 4)) * 0.8
    lines = 1.0 - (1.0 - feet) * (1.0 - folds) * (1.0 - bags) * (1.0 - forehead.clamp(max=1.0))
    return canvas.paint(person.colours.skin_line, lines * age)


def paint_glasses(canvas: Canvas, person: Person) -> Canvas:
    """Paint round glasses that fade in, then grow bolder."""
    f = person.f
    place = person.face(canvas, depth=1.10)
    shown = ramp(f["glasses"], -0.25, 0.60)
    bold = 0.0115 + 0.0060 * f["glasses"]
    frame = place.u.new_tensor([0.13, 0.11, 0.12]).view(1, 3, 1, 1)
    glass = place.u.new_tensor([0.93, 0.97, 1.0]).view(1, 3, 1, 1)
    rings = ellipse(place.u.abs() - EYE_U, place.v - 0.008, 0.162, 0.148)
    inside = coverage(rings, canvas.pixel)
    glare = stroke((place.u - place.v * 0.6).abs() - 0.20, 0.03)
    canvas = canvas.paint(glass, inside * shown * (0.07 + 0.12 * glare))
    cover = coverage(rings.abs() - bold, place.pixel * 1.3)
    cover = 1.0 - (1.0 - cover) * (1.0 - _joints(person, place, bold))
    return canvas.paint(frame, cover * shown * 0.96)


def _joints(person: Person, place: Place, bold: torch.Tensor) -> torch.Tensor:
    """Return the bridge over the nose and the temples towards the ears."""
    side = place.u.abs()
    bridge = stroke(place.v + 0.035 - 2.0 * place.u**2, bold * 1.3) * coverage(side - 0.042, 0.02)
    reach = coverage(0.355 - side, 0.02) * coverage(side - person.half_width * 0.98, 0.03)
    temple = stroke(place.v + 0.02, bold * 1.3) * reach
    return 1.0 - (1.0 - bridge) * (1.0 - temple)
