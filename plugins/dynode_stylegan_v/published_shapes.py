"""Shapes of published networks: sizes from their tensors, the rest from the recorded settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from dynode.errors import UsageError
from dynode.stylegan2 import DiscriminatorConfig, GeneratorConfig
from dynode.stylegan2.checkpoints import (
    checked_resolution,
    count_of,
    filter_taps,
    largest_block,
    size_of,
)
from dynode.weights import PersistentRecord, StoredTensor, quoted, unsupported
from dynode_stylegan_v.config import VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.published_settings import Settings

_Config = TypeVar("_Config", bound=GeneratorConfig | DiscriminatorConfig)
_WAVES = "motion.time_encoder.freqs"


def generator_config(
    path: Path, record: PersistentRecord, stored: Mapping[str, StoredTensor]
) -> VideoConfig:
    """Describe a published generator.

    Args:
        path: The file, for messages.
        record: The pickled generator.
        stored: Its tensors under our names.

    Raises:
        CheckpointError: It is no video generator, or one of another kind.
    """
    settings = Settings(record.state.get("cfg"))
    resolution = checked_resolution(path, largest_block(path, stored, r"synthesis\.b(\d+)\."))
    blocks = [4 << level for level in range(resolution.bit_length() - 2)]
    layers = count_of(path, stored, r"mapping\.fc(\d+)\.")
    labels = "mapping.embed.weight" in stored
    embedded = size_of(path, stored, "mapping.embed.weight", 0, axes=2) if labels else 0
    w_dim = size_of(path, stored, f"mapping.fc{max(layers - 1, 0)}.weight", 0, axes=2)
    motion = _motion(path, stored, settings)
    condition = _condition(path, stored, w_dim)
    return _built(
        path,
        VideoConfig,
        resolution=resolution,
        channels={
            r: size_of(path, stored, f"synthesis.b{r}.conv1.weight", 0, axes=4) for r in blocks
        },
        z_dim=size_of(path, stored, "mapping.fc0.weight", 1, axes=2) - embedded,
        w_dim=w_dim,
        c_dim=size_of(path, stored, "mapping.embed.weight", 1, axes=2) if labels else 0,
        mapping_layers=layers,
        image_channels=size_of(path, stored, "synthesis.b4.torgb.weight", 0, axes=4),
        conv_clamp=_clamp(path, record, "synthesis.b4.conv1"),
        condition=condition,
        max_frames=settings.whole("sampling.max_num_frames", 1024),
        fps=settings.number("sampling.fps", settings.number("fps", 25)),
        has_fractional_times=settings.flag("motion.use_fractional_t", True),
        resample_filter=_taps(path, record),
        has_noise="synthesis.b4.conv1.noise_strength" in stored,
        **motion,
    )


def _motion(
    path: Path, stored: Mapping[str, StoredTensor], settings: Settings
) -> dict[str, object]:
    """Describe the motion network."""
    waves = _WAVES in stored
    shortest = settings.number("time_enc.min_period_len", 16)
    common: dict[str, object] = {
        "motion_distance": settings.number("motion.motion_z_distance", shortest),
        "has_time_encoder": waves,
        "min_period": shortest,
        "max_period": settings.number("time_enc.max_period_len", 1024),
    }
    if waves:
        common["frequencies"] = size_of(path, stored, _WAVES, 1, axes=2)
    if "motion.rnn.weight_hh_l0" in stored:
        width = size_of(path, stored, "motion.rnn.weight_hh_l0", 1, axes=2)
        mapped = width if waves else size_of(path, stored, "motion.mapping.fc1.weight", 0, axes=2)
        sizes = {"strategy": "autoregressive", "motion_z_dim": width, "motion_v_dim": mapped}
        return {**common, **sizes}
    if "motion.conv.0.weight" in stored:
        return {
            **common,
            "strategy": "conv",
            "motion_z_dim": size_of(path, stored, "motion.conv.0.weight", 0, axes=3),
            "motion_v_dim": size_of(path, stored, "motion.conv.1.weight", 0, axes=3),
            "kernel": size_of(path, stored, "motion.conv.0.weight", 2, axes=3),
        }
    return {**common, "strategy": "none"}


def _condition(path: Path, stored: Mapping[str, StoredTensor], w_dim: int) -> str:
    inputs = size_of(path, stored, "synthesis.b4.conv1.weight", 1, axes=4)
    outputs = size_of(path, stored, "synthesis.b4.conv1.weight", 0, axes=4)
    if inputs != outputs:
        return "concat_const"
    wide = size_of(path, stored, "synthesis.b4.conv1.affine.weight", 1, axes=2) > w_dim
    if wide:
        return "concat_w"
    moves = any(name.startswith("motion.") for name in stored)
    return "sum_w" if moves else "concat_const"


def discriminator_config(
    path: Path, record: PersistentRecord, stored: Mapping[str, StoredTensor]
) -> VideoDiscriminatorConfig:
    """Describe a published video discriminator; see `generator_config`.

    Raises:
        CheckpointError: It is no video discriminator.
    """
    settings = Settings(record.state.get("cfg"))
    resolution = checked_resolution(path, largest_block(path, stored, r"b(\d+)\."))
    blocks = [8 << level for level in range(resolution.bit_length() - 3)]
    last = size_of(path, stored, "b4.conv.weight", 0, axes=4)
    frames = settings.whole("sampling.num_frames_per_video", 3)
    table = "time_encoder.table.weight"
    timed = frames > 1 and table in stored
    has_labels = "mapping.embed.weight" in stored
    outputs = size_of(path, stored, "b4.out.weight", 0, axes=2)
    config = {
        "resolution": resolution,
        "channels": {4: last}
        | {r: size_of(path, stored, f"b{r}.conv0.weight", 0, axes=4) for r in blocks},
        "cmap_width": outputs if has_labels and outputs != last else None,
        "mapping_layers": count_of(path, stored, r"mapping\.fc(\d+)\.") if has_labels else 2,
        "image_channels": size_of(path, stored, f"b{resolution}.fromrgb.weight", 1, axes=4),
        "conv_clamp": _clamp(path, record, "b4.conv"),
        "mbstd_group": _group(record, settings),
        "mbstd_channels": size_of(path, stored, "b4.conv.weight", 1, axes=4) - last,
        "resample_filter": _taps(path, record),
        "frames": frames if timed else 1,
        "concat_resolution": settings.whole("concat_res", 16) if timed else None,
        "frame_divisor": settings.whole("num_frames_div_factor", 2),
        "sampling": settings.text("sampling.type", "random"),
        "has_dummy_condition": settings.flag("dummy_c", False),
        "is_hyper": any(name.startswith("modulation.") for name in stored),
    }
    if timed:
        config["max_frames"] = size_of(path, stored, table, 0, axes=2)
        config["time_width"] = size_of(path, stored, table, 1, axes=2)
    shape = _built(path, VideoDiscriminatorConfig, **config)
    told = size_of(path, stored, "mapping.embed.weight", 1, axes=2) if has_labels else 0
    classes = told - _told(shape)
    return _built(path, VideoDiscriminatorConfig, **{**config, "c_dim": classes})


def _told(shape: VideoDiscriminatorConfig) -> int:
    """Count the values the time distances bring."""
    waves = 2 * (shape.max_frames - 1).bit_length()
    return shape.distances * (shape.time_width + waves)


def _built(path: Path, kind: type[_Config], **fields: object) -> _Config:
    try:
        return kind(**fields)  # type: ignore[arg-type]  # checked by the class and by the tensors
    except (UsageError, TypeError) as error:
        raise unsupported(
            path, f"it describes no video network ({error})", "give another snapshot"
        ) from error


def _clamp(path: Path, record: PersistentRecord, child: str) -> float | None:
    """Find the largest magnitude after a layer, among its attributes or the recorded arguments."""
    part: object = record
    for name in child.split("."):
        part = part.part("_modules").get(name) if isinstance(part, PersistentRecord) else None
    attributes = part.state if isinstance(part, PersistentRecord) else {}
    recorded = record.part("_init_kwargs")
    options = recorded.get("synthesis_kwargs", recorded)
    found = Settings(options).get("conv_clamp")
    found = attributes.get("conv_clamp", found)
    if found is None:
        return None
    if isinstance(found, int | float) and 0 < found < 1e9:
        return float(found)
    raise unsupported(path, f"its conv_clamp is {quoted(found)}", "a positive number is needed")


def _taps(path: Path, record: PersistentRecord) -> tuple[float, ...]:
    """Read one axis of the resampling filter."""
    stored = record.tensors()
    keys = [key for key in stored if key.endswith("resample_filter")]
    return filter_taps(path, stored, keys, total=1.0)


def _group(record: PersistentRecord, settings: Settings) -> int:
    """Find the size of the statistic's groups: recorded at the layer, as an argument, or set."""
    layer = record.part("_modules").get("b4")
    layer = layer.part("_modules").get("mbstd") if isinstance(layer, PersistentRecord) else None
    own = layer.state.get("group_size") if isinstance(layer, PersistentRecord) else None
    given = Settings(record.part("_init_kwargs")).whole("epilogue_kwargs.mbstd_group_size", 0)
    if isinstance(own, int) and own > 0:
        return own
    return given or settings.whole("mbstd_group_size", 4)
