"""Records of the modules of NVlabs/stylegan2-ada-pytorch, as that code pickles them.

A record carries the source text of its classes, which the published loader runs. We embed no source
of theirs: our text is one import of the user's own copy, so a file loads where that repository is on
the path (and here, where the text is ignored).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.stylegan2.checkpoints.expressing import refuse_inexpressible
from dynode.stylegan2.checkpoints.nvlabs import LAYOUT
from dynode.stylegan2.checkpoints.rosinality_writer import kernel_of
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights.pickle_writer import Call, GlobalName, tensor_call

if TYPE_CHECKING:
    from torch import Tensor

_CLASSES = (
    "Generator, MappingNetwork, SynthesisNetwork, SynthesisBlock, SynthesisLayer, ToRGBLayer, "
    "FullyConnectedLayer, Conv2dLayer, Discriminator, DiscriminatorBlock, MinibatchStdLayer, "
    "DiscriminatorEpilogue"
)
MODULE_SOURCE = (
    "# Written by dynode, which embeds no source code: this file needs a checkout of\n"
    "# NVlabs/stylegan2-ada-pytorch on the Python path.\n"
    f"from training.networks import {_CLASSES}\n"
)
_VERSION = 6
# Square, or half as wide as high: the published fork for human bodies builds those.
_BASES = ((4, 4), (4, 2))
_RECONSTRUCT = GlobalName("torch_utils.persistence", "_reconstruct_persistent_obj")
_HOOKS = (
    "_backward_hooks",
    "_forward_hooks",
    "_forward_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
)


class Records:
    """Builds module records over one state dict."""

    def __init__(
        self, path: Path, config: GeneratorConfig | DiscriminatorConfig, state: Mapping[str, Tensor]
    ) -> None:
        if config.base not in _BASES:
            start = f"pictures that start from {config.base[0]} x {config.base[1]} px"
            refuse_inexpressible(path, LAYOUT, [start])
        self.base, self.widest = _channel_rule(path, config.channels)
        self.clamp = config.conv_clamp
        self.image_channels = config.image_channels
        self.state = state
        self._filter = kernel_of(config.resample_filter)

    def module(
        self,
        class_name: str,
        attributes: Mapping[str, object],
        *,
        prefix: str = "",
        parameters: tuple[str, ...] = (),
        buffers: tuple[str, ...] = (),
        children: Mapping[str, object] | None = None,
        arguments: Mapping[str, object] | None = None,
    ) -> Call:
        """Build the record of one module; `resample_filter` among the buffers is the kernel."""
        held = {name: self._filter for name in buffers if name == "resample_filter"}
        held |= {name: self.state[prefix + name] for name in buffers if name not in held}
        given = {name: self.state.get(prefix + name) for name in parameters}
        state: dict[str, object] = {
            "training": False,
            "_parameters": {name: _tensor(value, True) for name, value in given.items()},
            "_buffers": {name: _tensor(value, False) for name, value in held.items()},
            "_non_persistent_buffers_set": Call(GlobalName("builtins", "set"), ([],)),
            **{hook: Call(GlobalName("collections", "OrderedDict"), ()) for hook in _HOOKS},
            "_modules": dict(children or {}),
            **attributes,
            "_init_args": (),
            "_init_kwargs": dict(arguments or {}),
        }
        record = {
            "type": "class",
            "version": _VERSION,
            "module_src": MODULE_SOURCE,
            "class_name": class_name,
            "state": state,
        }
        return Call(_RECONSTRUCT, (record,))

    def linear(self, prefix: str, *, activation: str = "linear", lr: float = 1.0) -> Call:
        """Build a fully connected layer."""
        gain = lr * self.state[f"{prefix}weight"].shape[1] ** -0.5
        attributes = {"activation": activation, "weight_gain": gain, "bias_gain": lr}
        parameters = ("weight", "bias")
        return self.module("FullyConnectedLayer", attributes, prefix=prefix, parameters=parameters)

    def mapping(self, attributes: Mapping[str, object], lr: float, count: int, mean: bool) -> Call:
        """Build a mapping network."""
        children = {}
        if "mapping.embed.weight" in self.state:
            children["embed"] = self.linear("mapping.embed.")
        for index in range(count):
            name = f"fc{index}"
            children[name] = self.linear(f"mapping.{name}.", activation="lrelu", lr=lr)
        return self.module(
            "MappingNetwork",
            {**attributes, "num_layers": count},
            prefix="mapping.",
            buffers=("w_avg",) if mean else (),
            children=children,
        )


def _tensor(value: Tensor | None, is_parameter: bool) -> Call | None:
    return None if value is None else tensor_call(value, is_parameter=is_parameter)


def _channel_rule(path: Path, channels: Mapping[int, int]) -> tuple[int, int]:
    """Find (base, largest) such that every width is min(base // resolution, largest).

    Raises:
        UnsupportedCheckpointError: There is no such pair.
    """
    largest = max(channels.values())
    base = max(width * resolution for resolution, width in channels.items())
    if any(min(base // r, largest) != width for r, width in channels.items()):
        table = dict(sorted(channels.items()))
        refuse_inexpressible(path, LAYOUT, [f"channels {table}"])
    return base, largest
