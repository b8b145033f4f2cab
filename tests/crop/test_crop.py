"""Crops of faces: geometry, cutting out, and putting back."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from PIL import Image

from dynode.crop import FaceFrame, crop_face, find_landmarks, frame_of, paste_face, read_landmarks
from dynode.crop.paste import paste_mask
from dynode.errors import MediaError, OptionError

UPRIGHT = np.array([(40.0, 50.0), (60.0, 50.0), (50.0, 60.0), (43.0, 74.0), (57.0, 74.0)])


def turned(points: np.ndarray, degrees: float, about=(50.0, 60.0)) -> np.ndarray:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return (points - about) @ turn.T + about


def ramp(width: int, height: int) -> Image.Image:
    """A picture that every sampling of first order or higher gives back."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x, y, (x + y) / 2], 2).astype(np.uint8))


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.RandomState(0).randint(0, 256, (height, width, 3))
    return Image.fromarray(pixels.astype(np.uint8))


def test_the_frame_of_an_upright_face_is_the_rule_of_ffhq() -> None:
    frame = frame_of(UPRIGHT)

    # Eyes 20 apart at (50, 50), mouth at (50, 74): x = (20, 0) - (-24, 0), its half side
    # max(2 * 20, 1.8 * 24), the centre a tenth of the way down to the mouth; half a pixel more.
    assert frame.half == pytest.approx((43.2, 0.0))
    assert frame.centre == pytest.approx((50.5, 52.9))
    assert frame.side == pytest.approx(86.4)


def test_68_points_give_the_frame_of_their_eyes_and_mouth() -> None:
    points = np.full((68, 2), 999.0)
    points[36:42], points[42:48] = UPRIGHT[0], UPRIGHT[1]
    points[[36, 37]] += [[3.0, 1.0], [-3.0, -1.0]]  # the mean of the six stays
    points[48], points[54] = UPRIGHT[3], UPRIGHT[4]

    assert frame_of(points).corners == pytest.approx(frame_of(UPRIGHT).corners)


@pytest.mark.parametrize("degrees", [-120.0, -30.0, 10.0, 90.0])
def test_the_frame_turns_with_the_face(degrees: float) -> None:
    expected = turned(frame_of(UPRIGHT).corners - 0.5, degrees) + 0.5

    assert frame_of(turned(UPRIGHT, degrees)).corners == pytest.approx(expected)


def test_points_go_into_the_crop_and_back() -> None:
    frame = frame_of(turned(UPRIGHT, 25.0))
    points = np.concatenate([frame.corners, UPRIGHT]).T

    there = frame.to_crop(64)[:, :2] @ points + frame.to_crop(64)[:, 2:]
    back = frame.to_photo(64)[:, :2] @ there + frame.to_photo(64)[:, 2:]

    assert there.T[:4] == pytest.approx(np.array([(0, 0), (0, 64), (64, 64), (64, 0)]), abs=1e-9)
    assert back == pytest.approx(points)


def test_a_crop_shows_what_lies_in_the_frame() -> None:
    photo = ramp(200, 160)
    frame = FaceFrame((100.0, 80.0), (30.0, 12.0))

    face = np.asarray(crop_face(photo, frame, 48), dtype=float)

    u, v = np.meshgrid(np.arange(48) + 0.5, np.arange(48) + 0.5)
    matrix = frame.to_photo(48)
    x = matrix[0, 0] * u + matrix[0, 1] * v + matrix[0, 2] - 0.5
    y = matrix[1, 0] * u + matrix[1, 1] * v + matrix[1, 2] - 0.5
    # Linear pictures are sampled exactly; values are cut to whole numbers twice.
    assert np.abs(face[:, :, 0] - x).max() < 1.01
    assert np.abs(face[:, :, 1] - y).max() < 1.01


@pytest.mark.parametrize("size", [16, 24, 300])
def test_crops_smaller_and_larger_than_the_frame_keep_its_place(size: int) -> None:
    photo = ramp(200, 160)
    frame = FaceFrame((100.0, 80.0), (50.0, 0.0))

    face = np.asarray(crop_face(photo, frame, size), dtype=float)

    assert face[:, :, 0].mean() == pytest.approx(99.5, abs=1.0)
    assert face[:, :, 1].mean() == pytest.approx(79.5, abs=1.0)


def test_a_frame_beyond_the_photograph_is_filled() -> None:
    photo = ramp(100, 100)

    face = crop_face(photo, FaceFrame((10.0, 10.0), (60.0, 0.0)), 64)

    assert face.size == (64, 64)
    inside = np.asarray(face, dtype=float)[40:, 40:, 0]
    assert inside.std() > 5  # the part of the photograph is there, the rest is a smooth mirror


@pytest.mark.parametrize("degrees", [0.0, 17.0, 90.0])
@pytest.mark.parametrize("size", [64, 128, 256])
def test_an_identity_edit_changes_nothing_outside_and_little_inside(degrees, size) -> None:
    photo = ramp(240, 200)
    frame = frame_of(turned(UPRIGHT * 1.2 + 30, degrees, (100, 100)))

    pasted = paste_face(photo, crop_face(photo, frame, size), frame)

    before, after = np.asarray(photo, dtype=int), np.asarray(pasted, dtype=int)
    outside = paste_mask(frame, (0, 0, 240, 200)) == 0
    assert outside.mean() > 0.5
    assert np.array_equal(after[outside], before[outside])
    # Sampling is exact on a linear picture; each of three roundings may cost up to one.
    assert np.abs(after - before).max() <= 3


def test_with_the_original_crop_an_identity_edit_changes_nothing_at_all() -> None:
    photo = noise(240, 200)
    frame = frame_of(turned(UPRIGHT * 1.2 + 30, 17.0, (100, 100)))
    face = crop_face(photo, frame, 64)

    assert np.array_equal(paste_face(photo, face, frame, original=face), np.asarray(photo))


POINTS = np.array([(36.0, 38.0), (56.0, 40.0), (45.0, 48.0), (38.0, 60.0), (53.0, 61.0)])


@pytest.mark.parametrize(("size", "points"), [(32, None), (32, POINTS), (256, POINTS)])
def test_a_face_that_was_not_edited_keeps_the_detail_of_its_photograph(size, points) -> None:
    """The bound is exact: colours, place and detail are all compared with the crop drawn back."""
    photo, frame = noise(96, 96), FaceFrame((46.2, 49.7), (33.0, 4.0))
    face = crop_face(photo, frame, size)

    pasted = paste_face(photo, face, frame, original=face, detail="unchanged", points=points)

    assert np.array_equal(np.asarray(pasted), np.asarray(photo))


def test_detail_goes_where_the_face_has_changed_and_stays_beside_it() -> None:
    """A face of 32 pixels over one of 128 of noise, whose left half was painted over."""
    photo, frame = noise(160, 160), FaceFrame((80.0, 80.0), (64.0, 0.0))
    face = crop_face(photo, frame, 32)
    painted = np.asarray(face).copy()
    painted[:, :16] = 255
    edited = Image.fromarray(painted)
    middle = np.s_[60:100, 40:120]

    pasted = paste_face(photo, edited, frame, original=face, detail="unchanged")
    everywhere = paste_face(photo, edited, frame, original=face)

    before, after = (np.asarray(each).astype(int)[middle] for each in (photo, pasted))
    assert after[:, :32].min() >= 250, "nothing of the noise is left under the paint"
    assert np.abs(after[:, -20:] - before[:, -20:]).max() <= 1, "and all of it further off"
    assert np.asarray(everywhere)[middle][:, :32].min() < 200, "which adding the difference keeps"


def test_detail_that_compares_with_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="compares with original"):
        paste_face(noise(8, 8), noise(4, 4), FaceFrame((4.0, 4.0), (2.0, 0.0)), detail="unchanged")


def test_an_edit_arrives_where_the_mask_is_full() -> None:
    photo = noise(240, 200)
    frame = frame_of(turned(UPRIGHT * 1.2 + 30, 17.0, (100, 100)))

    pasted = paste_face(photo, Image.new("RGB", (64, 64), (10, 200, 90)), frame)

    full = paste_mask(frame, (0, 0, 240, 200)) == 1
    assert full.any()
    assert np.abs(np.asarray(pasted, dtype=int)[full] - [10, 200, 90]).max() <= 1


def test_the_mask_is_soft() -> None:
    frame = FaceFrame((50.0, 50.0), (40.0, 0.0))

    line = paste_mask(frame, (0, 0, 100, 100), feather=0.25)[50]

    assert line[:10].max() == 0 and line[-10:].max() == 0
    assert line[30:70].min() == pytest.approx(1)
    assert np.abs(np.diff(line)).max() < 1.6 / 20  # steepest slope of the cubic over 20 pixels


def test_a_frame_outside_of_the_photograph_leaves_it_alone() -> None:
    photo = noise(50, 50)

    pasted = paste_face(photo, Image.new("RGB", (32, 32)), FaceFrame((-90.0, 20.0), (30.0, 0.0)))

    assert np.array_equal(pasted, photo)


def test_a_face_that_is_not_square_is_refused() -> None:
    with pytest.raises(MediaError, match="expected a square one"):
        paste_face(noise(50, 50), Image.new("RGB", (32, 30)), FaceFrame((25.0, 25.0), (9.0, 0.0)))


@pytest.mark.parametrize(
    "points", [np.zeros((4, 2)), np.zeros((5, 2)), np.full((68, 2), np.nan)], ids=str
)
def test_landmarks_of_no_face_are_refused(points) -> None:
    with pytest.raises(MediaError):
        frame_of(points)


@pytest.mark.parametrize("kind", ["json", "json-by-name", "npy", "txt"])
def test_landmarks_come_from_files(tmp_path, kind) -> None:
    path = tmp_path / f"points.{kind.split('-')[0]}"
    if kind == "json":
        path.write_text(json.dumps(UPRIGHT.tolist()))
    elif kind == "json-by-name":
        path.write_text(json.dumps({"a.png": UPRIGHT.tolist(), "b.png": []}))
    elif kind == "npy":
        np.save(path, UPRIGHT)
    else:
        path.write_text("\n".join(f"{x}, {y}" for x, y in UPRIGHT))

    assert np.array_equal(read_landmarks(path, "a.png"), UPRIGHT)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[1, 2]]", "expected 5 or 68 points"),
        ('{"b.png": []}', "no landmarks of 'a.png'"),
        ("{", "cannot be read"),
        ('["x"]', "cannot be read as landmarks"),
    ],
)
def test_files_without_landmarks_are_refused(tmp_path, content, message) -> None:
    path = tmp_path / "points.json"
    path.write_text(content)

    with pytest.raises(MediaError, match=message):
        read_landmarks(path, "a.png")


def test_the_largest_face_is_taken() -> None:
    photo = noise(50, 50)

    found = find_landmarks(photo, lambda pixels: [UPRIGHT / 2, UPRIGHT, UPRIGHT / 3])

    assert np.array_equal(found, UPRIGHT)
    with pytest.raises(MediaError, match="no face was found"):
        find_landmarks(photo, lambda pixels: [])


def test_a_frame_is_written_and_read(tmp_path) -> None:
    frame = frame_of(UPRIGHT)

    frame.save(tmp_path / "face.crop.json")

    assert FaceFrame.load(tmp_path / "face.crop.json") == frame
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(MediaError, match="cannot be read as the description of a crop"):
        FaceFrame.load(tmp_path / "other.json")
