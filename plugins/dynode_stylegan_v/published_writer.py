"""Write video networks as a snapshot in the published layout: one pickle of module records.

A record carries source text that the published loader runs. Ours embeds none of theirs: it imports
the user's own copy of the repository, builds the network from the recorded arguments and gives it
the recorded tensors. Here, as everywhere in dynode, the text is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from torch import nn

from dynode.files import check_free, written
from dynode.stylegan2.checkpoints import refuse_inexpressible
from dynode.weights import Call, GlobalName, PickleWriter, tensor_call
from dynode_stylegan_v.config import VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.naming import published_discriminator_name, published_generator_name
from dynode_stylegan_v.synthesis import VideoNetwork

_LAYOUT = "stylegan-v"
_VERSION = 6
_RECONSTRUCT = GlobalName("src.torch_utils.persistence", "_reconstruct_persistent_obj")
_EASY = GlobalName("src.dnnlib.util", "EasyDict")
_ORDERED = GlobalName("collections", "OrderedDict")
_TAPS = (1, 3, 3, 1)
MODULE_SOURCE = """# Written by dynode, which embeds no source code: this file needs a checkout of
# universome/stylegan-v on the Python path.
import torch
from src.training import networks


def _rebuild(self, state):
    held = torch.nn.Module()
    held.__setstate__(state)
    self.__init__(*state["_init_args"], **state["_init_kwargs"])
    missing, unknown = self.load_state_dict(held.state_dict(), strict=False)
    assert not unknown and all(name.endswith("resample_filter") for name in missing)
    self.eval()


class Generator(networks.Generator):
    __setstate__ = _rebuild


class Discriminator(networks.Discriminator):
    __setstate__ = _rebuild


class Part(torch.nn.Module):
    pass
"""


def write_published(
    generator: VideoNetwork,
    path: str | Path,
    *,
    discriminator: VideoDiscriminator | None = None,
    force: bool = False,
) -> None:
    """Write `G_ema` (and the same as `G`) and `D`; the file appears only when it is whole.

    Args:
        generator: What to write.
        path: Where to.
        discriminator: Its judge; None leaves `D` empty.
        force: Replace a file that exists.

    Raises:
        OutputExistsError: The file exists and `force` is off.
        UnsupportedCheckpointError: The layout cannot express these networks.
    """
    path = Path(path)
    check_free(path, force=force)
    made = _generator(path, generator)
    content: dict[str, object] = {
        "training_set_kwargs": _easy({}),
        "G": made,
        "D": None if discriminator is None else _discriminator(path, discriminator),
        "G_ema": made,
        "augment_pipe": None,
    }
    with written(path) as temporary, temporary.open("wb") as stream:
        PickleWriter(stream).dump(content)


def _generator(path: Path, network: VideoNetwork) -> Call:
    config = network.config
    base, most = _channel_rule(path, config.channels)
    refuse_inexpressible(path, _LAYOUT, _foreign(config))
    rename = partial(published_generator_name, is_temporal=config.condition == "concat_const")
    arguments = {
        **_shared(config),
        "w_dim": config.w_dim,
        "mapping_kwargs": _easy({"num_layers": config.mapping_layers}),
        "synthesis_kwargs": _easy(
            {"channel_base": base, "channel_max": most, "conv_clamp": config.conv_clamp}
        ),
        "cfg": _easy(_generator_settings(config)),
    }
    extra = {"z_dim": config.z_dim, "w_dim": config.w_dim, "num_ws": config.num_layers}
    return _top("Generator", _tensors(network, rename), arguments, extra)


def _discriminator(path: Path, network: VideoDiscriminator) -> Call:
    config = network.config
    base, most = _channel_rule(path, config.channels)
    refuse_inexpressible(path, _LAYOUT, _filters(config) + ["modulated blocks"] * config.is_hyper)
    arguments = {
        **_shared(config),
        "channel_base": base,
        "channel_max": most,
        "conv_clamp": config.conv_clamp,
        "cmap_dim": config.cmap_width,
        "mapping_kwargs": _easy({"num_layers": config.mapping_layers}),
        "epilogue_kwargs": _easy(
            {
                "mbstd_group_size": config.mbstd_group,
                "mbstd_num_channels": config.mbstd_channels,
            }
        ),
        "cfg": _easy(_discriminator_settings(config)),
    }
    tensors = _tensors(network, published_discriminator_name)
    return _top("Discriminator", tensors, arguments, {})


def _shared(config: VideoConfig | VideoDiscriminatorConfig) -> dict[str, object]:
    return {
        "c_dim": config.c_dim,
        "img_resolution": config.resolution,
        "img_channels": config.image_channels,
    }


def _foreign(config: VideoConfig) -> list[str]:
    """List what the published generator has no place for."""
    widths = ("mapping_width", "embed_width")
    found = [f"{name} unlike w_dim" for name in widths if getattr(config, name) is not None]
    found += ["filtered motion"] * (config.strategy == "filtered")
    return found + _filters(config)


def _filters(config: VideoConfig | VideoDiscriminatorConfig) -> list[str]:
    return [] if tuple(config.resample_filter) == _TAPS else ["another resampling filter"]


def _generator_settings(config: VideoConfig) -> dict[str, object]:
    moves = config.strategy != "none"
    return {
        "z_dim": config.z_dim,
        "w_dim": config.w_dim,
        "c_dim": config.c_dim,
        "use_noise": config.has_noise,
        "input": {"type": "temporal" if config.condition == "concat_const" else "const"},
        "sampling": {"max_num_frames": config.max_frames, "fps": config.fps},
        "motion": {
            "z_dim": config.motion_z_dim,
            "v_dim": config.motion_v_dim if moves else 0,
            "motion_z_distance": config.motion_distance,
            "gen_strategy": config.strategy if moves else "conv",
            "kernel_size": config.kernel,
            "use_fractional_t": config.has_fractional_times,
            "fourier": config.has_time_encoder,
        },
        "time_enc": {
            "cond_type": config.condition,
            "dim": config.frequencies,
            "min_period_len": config.min_period,
            "max_period_len": config.max_period,
            "phase_dropout_std": 1.0,
        },
    }


def _discriminator_settings(config: VideoDiscriminatorConfig) -> dict[str, object]:
    return {
        "concat_res": -1 if config.concat_resolution is None else config.concat_resolution,
        "num_frames_div_factor": config.frame_divisor,
        "dummy_c": config.has_dummy_condition,
        "mbstd_group_size": config.mbstd_group,
        "sampling": {
            "type": config.sampling,
            "num_frames_per_video": config.frames,
            "max_num_frames": config.max_frames,
        },
    }


def _channel_rule(path: Path, channels: Mapping[int, int]) -> tuple[int, int]:
    """Find (base, largest) such that every width is min(base // resolution, largest)."""
    most = max(channels.values())
    base = max(width * resolution for resolution, width in channels.items())
    if any(min(base // r, most) != width for r, width in channels.items()):
        refuse_inexpressible(path, _LAYOUT, [f"channels {dict(sorted(channels.items()))}"])
    return base, most


def _easy(items: Mapping[str, object]) -> Call:
    """Describe settings that are read by attribute, inner ones too."""
    return Call(
        _EASY,
        ({key: _easy(part) if isinstance(part, dict) else part for key, part in items.items()},),
    )


def _top(
    class_name: str,
    tensors: Mapping[str, Call],
    arguments: Mapping[str, object],
    extra: Mapping[str, object],
) -> Call:
    """Describe a whole network: its tensors as nested modules, its arguments, its settings."""
    tree: dict[str, object] = {}
    for key, tensor in tensors.items():
        *parents, name = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})  # type: ignore[assignment]  # a nested node
        node[name] = tensor
    recorded = {"_init_args": (), "_init_kwargs": dict(arguments)}
    return _module(class_name, tree, {**arguments, **extra, **recorded})


def _tensors(network: nn.Module, rename: Callable[[str], str]) -> dict[str, Call]:
    trained = {name for name, _ in network.named_parameters()}
    return {
        rename(name): tensor_call(tensor.detach(), is_parameter=name in trained)
        for name, tensor in network.state_dict().items()
    }


def _module(class_name: str, tree: Mapping[str, object], attributes: Mapping[str, object]) -> Call:
    held = {name: part for name, part in tree.items() if isinstance(part, Call)}
    children = {
        name: _module("Part", part, {}) for name, part in tree.items() if isinstance(part, dict)
    }
    state: dict[str, object] = {
        "training": False,
        "_parameters": {name: part for name, part in held.items() if _is_parameter(part)},
        "_buffers": {name: part for name, part in held.items() if not _is_parameter(part)},
        "_non_persistent_buffers_set": Call(GlobalName("builtins", "set"), ([],)),
        **{f"_{hook}": Call(_ORDERED, ()) for hook in _HOOKS},
        "_modules": children,
        **attributes,
    }
    record = {
        "type": "class",
        "version": _VERSION,
        "module_src": MODULE_SOURCE,
        "class_name": class_name,
        "state": state,
    }
    return Call(_RECONSTRUCT, (record,))


_HOOKS = (
    "backward_hooks",
    "forward_hooks",
    "forward_pre_hooks",
    "state_dict_hooks",
    "load_state_dict_pre_hooks",
)


def _is_parameter(part: Call) -> bool:
    return part.function.name == "_rebuild_parameter"
