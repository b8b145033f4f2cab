"""Detectors that are TorchScript programs: run only where the user trusts whoever made them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from dynode import Setting
from dynode.errors import MissingWeightsError, OptionError
from dynode.scoring import open_program
from dynode_metrics.detector import Detector, as_bytes, fingerprint

Role = Literal["I3D", "C3D", "V-JEPA"]

_ADDRESSES = {
    "I3D": "https://www.dropbox.com/s/ge9e5ujwgetktms/i3d_torchscript.pt?dl=1",
    "C3D": "https://www.dropbox.com/s/jxpu7avzdc9n97q/c3d_ucf101.pt?dl=1",
    "V-JEPA": "",
}
_I3D_PX = 224


def load_picture_program(
    weights: Path | None, setting: Setting, *, trust: bool, metric: str, classes: bool = False
) -> Detector:
    """Load a program that describes pictures: 8 bit (n, 3, h, w) to (n, d).

    It is asked for features, or class probabilities without bias, where it knows these arguments
    (`return_features`, `no_output_bias`), as NVIDIA's Inception does.

    Raises:
        MissingWeightsError: There is no such file.
        OptionError: It is not trusted.
    """
    program = _opened(
        weights, setting, trust, f"{metric}: give a TorchScript file with --weights FILE"
    )
    known = _arguments(program)
    wanted = {"no_output_bias": True} if classes else {"return_features": True}
    given = {name: value for name, value in wanted.items() if name in known}

    def embed(images: Tensor) -> Tensor:
        return _rows(_run(program, as_bytes(images), given, metric))

    assert weights is not None
    told = {"weights": fingerprint(weights), "resize": "its own", "arguments": _told(given)}
    return Detector("TorchScript", embed, told)


def load_clip_program(
    role: Role, weights: Path | None, setting: Setting, *, trust: bool, metric: str
) -> Detector:
    """Load a program that describes clips: (n, 3, T, h, w) to (n, d).

    The published I3D takes 8 bit with `rescale`, `resize` and `return_features`; of an I3D without
    these arguments the input is scaled to [-1, 1] and resized to 224 pixels here. C3D takes 8 bit as
    they are. Of any other program the input is [-1, 1] at the size it has.

    Raises:
        MissingWeightsError: There is no such file.
        OptionError: It is not trusted, or does not take such clips.
    """
    program = _opened(weights, setting, trust, f"{metric} needs {role}, {_where(role)}")
    names = ("rescale", "resize", "return_features") if role == "I3D" else ()
    known = _arguments(program)
    given = {name: True for name in names if name in known}
    prepare, resize = _preparation(role, given)

    def embed(clips: Tensor) -> Tensor:
        return _rows(_run(program, prepare(clips.transpose(1, 2)), given, metric))

    assert weights is not None
    told = {"weights": fingerprint(weights), "resize": resize, "arguments": _told(given)}
    return Detector(role, embed, told)


def _where(role: Role) -> str:
    address = _ADDRESSES[role]
    if not address:
        return "and no file was given; export it with torch.jit.save and give it with --weights FILE --trust"
    return (
        f"and no file was given; get {address} with 'curl -L -o {role.lower()}.pt \"{address}\"' and give "
        f"it with --weights {role.lower()}.pt --trust"
    )


def _opened(weights: Path | None, setting: Setting, trust: bool, missing: str) -> Any:
    if weights is None:
        raise MissingWeightsError(missing)
    return open_program(weights, what="the detector", trust=trust, device=setting.device)


def _arguments(program: Any) -> set[str]:  # a TorchScript module
    return {argument.name for argument in program.forward.schema.arguments}


def _told(given: dict[str, bool]) -> str:
    return ", ".join(given) or "none"


def _preparation(role: Role, given: dict[str, bool]) -> tuple[Callable[[Tensor], Tensor], str]:
    if role == "C3D" or (role == "I3D" and "rescale" in given and "resize" in given):
        return as_bytes, "its own"
    if role == "I3D":
        return _at_224, f"{_I3D_PX} px, bilinear, here"
    return lambda clips: clips, "none"


def _at_224(clips: Tensor) -> Tensor:
    n, t = clips.shape[0], clips.shape[2]
    frames = clips.transpose(1, 2).flatten(0, 1)
    resized = functional.interpolate(frames, size=(_I3D_PX, _I3D_PX), mode="bilinear")
    found: Tensor = resized.unflatten(0, (n, t)).transpose(1, 2)
    return found


def _run(program: Any, items: Tensor, given: dict[str, bool], metric: str) -> Tensor:
    try:
        found = program(items, **given)
    except (RuntimeError, TypeError, IndexError, torch.jit.Error) as error:
        reason = " ".join(str(error).split())[-160:]
        raise OptionError(
            f"{metric}: the detector does not take items of shape {tuple(items.shape)} ({reason}); check "
            f"that --weights is the detector that {metric} is defined with"
        ) from error
    if not isinstance(found, Tensor) or found.shape[0] != len(items):
        raise OptionError(f"{metric}: the detector gives no row for each item; expected (n, d)")
    return found


def _rows(found: Tensor) -> Tensor:
    """Average over what stands behind (n, d)."""
    return found.flatten(2).mean(2) if found.dim() > 2 else found
