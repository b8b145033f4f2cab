"""Measuring attributes of pictures: by a scorer, two texts, a classifier or a table of labels."""

from __future__ import annotations
