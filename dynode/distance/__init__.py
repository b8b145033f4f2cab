"""Distances of pictures that are squared Euclidean distances of features."""

from __future__ import annotations

from dynode.distance.distance import Distance as Distance
from dynode.distance.loading import DISTANCES as DISTANCES
from dynode.distance.loading import choose_distance as choose_distance
from dynode.distance.loading import load_distance as load_distance
