"""Faces out of photographs and back: aligned crops as FFHQ's, and pasting with a soft edge."""

from __future__ import annotations

from dynode.crop.align import crop_face as crop_face
from dynode.crop.detecting import load_detector as load_detector
from dynode.crop.geometry import FaceFrame as FaceFrame
from dynode.crop.geometry import frame_of as frame_of
from dynode.crop.landmarks import find_landmarks as find_landmarks
from dynode.crop.landmarks import read_landmarks as read_landmarks
from dynode.crop.paste import paste_face as paste_face
from dynode.crop.paste import paste_into as paste_into
