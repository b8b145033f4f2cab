"""What is followed through a clip: readings of a scorer, landmarks, or colours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from dynode import Setting
from dynode.errors import MediaError, MissingWeightsError, OptionError
from dynode.plugins import Detector, Scorer, ScorerModel, registry
from dynode_metrics.detector import as_bytes
from dynode_metrics.detectors import check_faces
from dynode_metrics.options import TrackOptions

Followed = tuple[Callable[[Tensor], Tensor], dict[str, str]]


def follow(options: TrackOptions, setting: Setting, *, metric: str) -> Followed:
    """Load what is followed, with what has to be told of it.

    Raises:
        MissingWeightsError: No scorer knows the pictures.
        OptionError: Options contradict each other.
    """
    scorer = _known(options.scorer, setting)
    wanted = options.follow
    if wanted == "auto":
        wanted = "landmarks" if options.face_detector else "scores" if scorer else "colours"
    if options.scorer and wanted != "scores":
        raise OptionError(f"{metric}: --scorer belongs to --follow scores; leave one of them out")
    if (options.face_detector or options.face_model) and wanted != "landmarks":
        raise OptionError(f"{metric}: --face-detector belongs to --follow landmarks; leave one out")
    if wanted == "colours":
        return _colours, {"followed": "8 x 8 mean colours, in [-1, 1]"}
    if wanted == "landmarks":
        check_faces(setting, metric)
        return _landmarks(options, metric), {"followed": f"landmarks of {options.face_detector}"}
    model, told = load_readings(options.scorer, setting, metric=metric)
    deviations = torch.tensor(model.deviations)
    return lambda images: model.score(images).cpu() / deviations, {"followed": told}


def load_readings(name: str, setting: Setting, *, metric: str) -> tuple[ScorerModel, str]:
    """Load a scorer by name, or that of the domain, and say which.

    Raises:
        MissingWeightsError: There is none.
    """
    scorer = _known(name, setting)
    if scorer is None:
        known = ", ".join(sorted(one.name for one in registry().scorers)) or "none is installed"
        raise MissingWeightsError(
            f"{metric}: no scorer knows the domain {setting.domain!r}; name one with --scorer ({known})"
        )
    return scorer.load(setting.device), f"readings of {scorer.name}, in standard deviations"


def _known(name: str, setting: Setting) -> Scorer | None:
    scorers = registry().scorers
    if name:
        return scorers[name]
    return next((one for one in scorers if setting.domain and setting.domain in one.domains), None)


def _colours(images: Tensor) -> Tensor:
    return adaptive_avg_pool2d(images, 8).flatten(1)


def _landmarks(options: TrackOptions, metric: str) -> Callable[[Tensor], Tensor]:
    if not options.face_detector:
        raise OptionError(f"{metric}: --follow landmarks needs --face-detector NAME; add it")
    detector = registry().face_detectors[options.face_detector].load(options.face_model)

    def find(images: Tensor) -> Tensor:
        pixels = as_bytes(images).permute(0, 2, 3, 1).cpu().numpy()
        return torch.stack([_points(detector, one, metric) for one in pixels])

    return find


def _points(detector: Detector, pixels: np.ndarray, metric: str) -> Tensor:
    faces = detector(pixels)
    if not faces:
        raise MediaError(
            f"{metric}: no face was found in a frame, and landmarks are followed; give clips of faces, or "
            f"take --follow colours"
        )
    return torch.from_numpy(np.asarray(faces[0], np.float32) / pixels.shape[0]).flatten()
