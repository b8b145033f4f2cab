"""Choose and load what describes pictures, from the options a user gave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from dynode import Setting
from dynode.errors import MissingWeightsError, OptionError
from dynode.plugins import GeneratorProvider, HiddenScorerModel, TextImageModel, registry
from dynode_metrics.detector import Detector, fingerprint
from dynode_metrics.inception import load_inception
from dynode_metrics.options import DetectorOptions
from dynode_metrics.programs import load_picture_program

_PIXELS = 8


def load_detector(options: DetectorOptions, setting: Setting, *, metric: str) -> Detector:
    """Load what describes pictures.

    Args:
        options: What the user asks for; `auto` takes the file that is given, else the scorer of the
            domain.
        setting: Device and domain.
        metric: Name of the metric, for messages.

    Raises:
        MissingWeightsError: A file is needed, or nothing knows the pictures.
        OptionError: Options contradict each other.
    """
    name = options.detector if options.detector != "auto" else _chosen(options)
    _check_used(name, options, metric)
    if name == "pixels":
        return Detector("mean colours of 8 x 8 places", _mean_colours, {"resize": "area"})
    if name == "scorer":
        return _scorer(options.scorer, setting, metric)
    if name == "clip":
        return load_clip(setting, metric=metric)[1]
    if name == "arcface":
        return load_arcface(options.weights, setting, metric)
    if name == "program":
        return load_picture_program(options.weights, setting, trust=options.trust, metric=metric)
    return load_inception(options.weights, setting, trust=options.trust, metric=metric)


def _chosen(options: DetectorOptions) -> str:
    return "scorer" if options.weights is None else "program" if options.trust else "inception"


def _check_used(name: str, options: DetectorOptions, metric: str) -> None:
    """Refuse options that the detector would leave out."""
    if options.weights is not None and name in ("pixels", "scorer", "clip"):
        raise OptionError(f"{metric}: the detector {name} takes no --weights; leave the file out")
    if options.scorer and name != "scorer":
        raise OptionError(f"{metric}: --scorer belongs to --detector scorer; leave one of them out")


def _mean_colours(images: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(images, _PIXELS).flatten(1)


def _scorer(name: str, setting: Setting, metric: str) -> Detector:
    scorers = registry().scorers
    fitting = [one for one in scorers if setting.domain and setting.domain in one.domains]
    if not name and not fitting:
        world = f"the domain {setting.domain!r}" if setting.domain else "pictures from files"
        known = ", ".join(sorted(one.name for one in scorers)) or "none is installed"
        raise MissingWeightsError(
            f"{metric} has no detector for {world}: name a scorer with --scorer ({known}), give a file "
            f"with --weights, or take --detector pixels"
        )
    scorer = scorers[name] if name else fitting[0]
    model = scorer.load(setting.device)
    if not isinstance(model, HiddenScorerModel):
        raise OptionError(
            f"{metric}: the scorer {scorer.name} offers no hidden units, and its scores do not see how good "
            f"a picture is; choose another --detector"
        )
    owner = registry().scorers.owner_of(scorer.name)
    return Detector(f"hidden units of {scorer.name}", model.hidden, {"from": owner})


def load_clip(setting: Setting, *, metric: str) -> tuple[TextImageModel, Detector]:
    """Load the text-image model of the domain, and its embedding of pictures.

    Raises:
        MissingWeightsError: No text-image model knows the domain.
    """
    encoders = [one for one in registry().text_encoders if setting.domain in one.domains]
    if not encoders:
        raise MissingWeightsError(
            f"{metric}: no text-image model knows the domain {setting.domain!r}; name a generator of a "
            f"known domain, or choose another detector"
        )
    model = encoders[0].load(setting.device)
    told = {
        "resize": "bilinear, antialiased",
        "from": registry().text_encoders.owner_of(encoders[0].name),
    }
    name = f"CLIP embedding of {encoders[0].name}"
    return model, Detector(name, lambda images: model.encode_images(_resized(images, model)), told)


def load_embedding(options: DetectorOptions, setting: Setting, *, metric: str) -> Detector:
    """Load what tells who is in a picture: as `load_detector`, but a file alone is ArcFace's."""
    if options.detector == "auto" and options.weights is not None and not options.trust:
        options = replace(options, detector="arcface")
    return load_detector(options, setting, metric=metric)


def check_faces(setting: Setting, metric: str) -> None:
    """Refuse pictures without faces, where a face is described or followed.

    Raises:
        OptionError: Their domain shows none.
    """
    if setting.domain and any(
        one.draws_faces is False and one.domain == setting.domain
        for one in registry().generators
        if isinstance(one, GeneratorProvider)
    ):
        raise OptionError(
            f"{metric} needs faces here, and what is measured is of {setting.domain}, which shows none; give "
            f"pictures of faces, or take --detector or --follow without them"
        )


def _resized(images: Tensor, model: TextImageModel) -> Tensor:
    size = (model.image_size, model.image_size)
    if images.shape[-2:] == size:
        return images
    return functional.interpolate(images, size=size, mode="bilinear", antialias=True)


def load_arcface(weights: Path | None, setting: Setting, metric: str) -> Detector:
    """Load ArcFace's embedding of aligned faces.

    Raises:
        OptionError: The pictures show no faces.
        MissingWeightsError: There is no such file.
    """
    check_faces(setting, metric)
    if weights is None:
        raise MissingWeightsError(
            f"{metric} needs ArcFace's weights, and none were given; expected model_ir_se50.pth, which the "
            f"repositories of pSp and e4e link to: get it and give it with --weights FILE"
        )
    from dynode_encoders import load_face_embedding

    network = load_face_embedding(weights, torch.device(setting.device))
    return Detector("ArcFace IR-SE50", network.embed, {"weights": fingerprint(weights)})
