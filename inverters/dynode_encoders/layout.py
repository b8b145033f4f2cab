"""What a published encoder checkpoint holds: its options, and the shape its tensors tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from dynode.weights import OpenWeights, StoredTensor, corrupt, quoted, unsupported
from dynode_encoders.config import KINDS, EncoderConfig

_WIDE = (192, 256)
_SQUARE = (256, 256)
_ALIGNED = ("ffhq", "celeb", "face", "toonify")


def options_of(weights: OpenWeights) -> dict[str, object]:
    """Return `opts` of a published file, a dictionary or the attributes of a namespace."""
    content = weights.content
    options = content.get("opts") if isinstance(content, dict) else None
    if not isinstance(options, dict):
        return {}
    return {str(key): value for key, value in options.items()}


def is_wide(options: Mapping[str, object]) -> bool:
    """Tell whether an encoder was trained on pictures of 4:3 (cars)."""
    return str(options.get("dataset_type", "")).startswith("cars")


def takes_whole(options: Mapping[str, object]) -> bool:
    """Tell whether photographs are resized whole for an encoder, to its own size.

    The published code resizes everything so. Its faces are aligned before, so that a photograph of a
    face that is not is better cut than stretched; nor is one stretched where the file tells nothing.
    """
    trained_on = str(options.get("dataset_type", ""))
    return bool(trained_on) and not trained_on.startswith(_ALIGNED)


def found_config(
    path: Path,
    stored: Mapping[str, StoredTensor],
    options: Mapping[str, object],
    mean: StoredTensor | None,
) -> EncoderConfig:
    """Infer the shape of a published encoder.

    Args:
        path: The file, for messages.
        stored: Its tensors, by their names without `encoder.`.
        options: Its `opts`.
        mean: Its `latent_avg`.

    Raises:
        UnsupportedCheckpointError: It is a kind of encoder that is not known.
        CorruptCheckpointError: Tensors that tell the shape are missing.
    """
    kind = _kind(path, stored, options)
    traits = KINDS[kind]
    is_irse = traits.backbone == "irse"
    convolution = "res_layer.1.weight" if is_irse else "conv1.weight"
    units = _count(stored, r"body\.(\d+)\.")
    channels = [_shape(path, stored, f"body.{i}.{convolution}")[0] for i in range(units)]
    groups = [(width, len(list(same))) for width, same in groupby(channels)]
    if len(groups) != 4:
        raise corrupt(path, f"its backbone has {len(groups)} stages, expected 4")
    stem = "input_layer.0.weight" if is_irse else "conv1.weight"
    head = "linear.weight" if traits.is_single else "styles.0.linear.weight"
    return EncoderConfig(
        kind,
        rows=_rows(path, stored, options, mean),
        w_dim=_shape(path, stored, head)[0],
        inputs=_shape(path, stored, stem)[1],
        size=_WIDE if is_wide(options) else _SQUARE,
        widths=tuple(width for width, _ in groups),
        units=tuple(count for _, count in groups),
        has_squeeze="body.0.res_layer.5.fc1.weight" in stored,
        head_width=_shape(path, stored, head)[1],
    )


def _kind(path: Path, stored: Mapping[str, StoredTensor], options: Mapping[str, object]) -> str:
    named = options.get("encoder_type")
    if isinstance(named, str):
        if named in KINDS and KINDS[named].backbone != "compact":
            return named
        raise unsupported(
            path,
            f"its encoder is of the type {quoted(named)}",
            f"those known are {', '.join(KINDS)}",
        )
    if "latlayer1.weight" in stored:
        return "Encoder4Editing"  # what e4e's own loader assumes
    raise unsupported(
        path,
        "its options do not tell 'encoder_type'",
        "use the whole checkpoint, with 'opts'",
    )


def _rows(
    path: Path,
    stored: Mapping[str, StoredTensor],
    options: Mapping[str, object],
    mean: StoredTensor | None,
) -> int:
    blocks = _count(stored, r"styles\.(\d+)\.")
    if blocks:
        return blocks
    if mean is not None and len(mean.shape) == 2:
        return mean.shape[0]
    side = options.get("stylegan_size", options.get("output_size"))
    if isinstance(side, int) and side >= 4:
        return 2 * (side.bit_length() - 1) - 2
    raise corrupt(path, "nothing in it tells the number of rows of its codes")


def _count(stored: Mapping[str, StoredTensor], pattern: str) -> int:
    found = {int(match[1]) for key in stored if (match := re.match(pattern, key))}
    return len(found)


def _shape(path: Path, stored: Mapping[str, StoredTensor], key: str) -> tuple[int, ...]:
    if key not in stored or len(stored[key].shape) < 2:
        raise corrupt(path, f"it lacks {quoted(key)}")
    return stored[key].shape
