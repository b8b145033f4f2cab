"""Write the layout of NVlabs/stylegan2-ada-pytorch: a pickle of module records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.files import written
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint
from dynode.stylegan2.checkpoints.collecting import MEAN
from dynode.stylegan2.checkpoints.expressing import mean_row
from dynode.stylegan2.checkpoints.nvlabs import LAYOUT
from dynode.stylegan2.checkpoints.nvlabs_records import Records
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights.pickle_writer import Call, PickleWriter

if TYPE_CHECKING:
    from torch import Tensor

_GAIN = 2.0**0.5


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write `G_ema` (and the same as `G`) and `D`; what is absent becomes None.

    Raises:
        UnsupportedCheckpointError: The networks have what this layout cannot express.
    """
    content: dict[str, object] = {"G": None, "D": None, "G_ema": None}
    if checkpoint.generator is not None and checkpoint.generator_state is not None:
        state = dict(checkpoint.generator_state)
        state[MEAN] = mean_row(path, LAYOUT, state[MEAN])
        builder = _GeneratorRecords(path, checkpoint.generator, state, _half_count(checkpoint))
        content["G"] = content["G_ema"] = builder.generator()
    if checkpoint.discriminator is not None and checkpoint.discriminator_state is not None:
        judge = checkpoint.discriminator
        content["D"] = _DiscriminatorRecords(path, judge, checkpoint.discriminator_state).all()
    content |= {"training_set_kwargs": None, "augment_pipe": None}
    with written(path) as temporary, temporary.open("wb") as stream:
        PickleWriter(stream).dump(content)


def _half_count(checkpoint: Checkpoint) -> int:
    """Return the number of resolutions in half precision that the metadata states, 0 if none."""
    text = checkpoint.metadata.get("num_fp16_res", "0")
    return int(text) if text in map(str, range(20)) else 0


class _GeneratorRecords(Records):
    """Builds the records of a generator."""

    def __init__(
        self, path: Path, config: GeneratorConfig, state: Mapping[str, Tensor], halves: int
    ) -> None:
        super().__init__(path, config, state)
        self._config, self._halves = config, halves

    def generator(self) -> Call:
        """Build the whole generator."""
        config = self._config
        sizes = {"z_dim": config.z_dim, "c_dim": config.c_dim, "w_dim": config.w_dim}
        image = {"img_resolution": config.resolution, "img_channels": config.image_channels}
        rows = {"num_ws": config.num_layers}
        mapping = self.mapping(
            {**sizes, **rows, "w_avg_beta": 0.995}, config.mapping_lr, config.mapping_layers, True
        )
        return self.module(
            "Generator",
            {**sizes, **image, **rows},
            children={"synthesis": self._synthesis(), "mapping": mapping},
            arguments={**sizes, **image, **self._arguments()},
        )

    def _arguments(self) -> dict[str, object]:
        config = self._config
        return {
            "mapping_kwargs": {
                "num_layers": config.mapping_layers,
                "embed_features": config.embed_width,
                "layer_features": config.mapping_width,
                "lr_multiplier": config.mapping_lr,
            },
            "synthesis_kwargs": {
                "channel_base": self.base,
                "channel_max": self.widest,
                "num_fp16_res": self._halves,
                "resample_filter": list(config.resample_filter),
                "conv_clamp": config.conv_clamp,
            },
        }

    def _synthesis(self) -> Call:
        config = self._config
        attributes = {
            "w_dim": config.w_dim,
            "img_resolution": config.resolution,
            "img_resolution_log2": config.resolution.bit_length() - 1,
            "img_channels": config.image_channels,
            "block_resolutions": list(config.resolutions),
            "num_ws": config.num_layers,
        }
        blocks = {f"b{r}": self._block(r) for r in config.resolutions}
        return self.module("SynthesisNetwork", attributes, children=blocks)

    def _block(self, resolution: int) -> Call:
        config, is_first = self._config, resolution == 4
        prefix = f"synthesis.b{resolution}."
        first_half = max(2 * config.resolution >> self._halves, 8)
        attributes = {
            "in_channels": 0 if is_first else config.channels[resolution // 2],
            "w_dim": config.w_dim,
            "resolution": resolution,
            "img_channels": config.image_channels,
            "is_last": resolution == config.resolution,
            "architecture": "skip",
            "use_fp16": resolution >= first_half,
            "channels_last": False,
            "num_conv": 1 if is_first else 2,
            "num_torgb": 1,
        }
        children = {} if is_first else {"conv0": self._layer(f"{prefix}conv0.", resolution, up=2)}
        children["conv1"] = self._layer(f"{prefix}conv1.", resolution, up=1)
        children["torgb"] = self._torgb(f"{prefix}torgb.")
        return self.module(
            "SynthesisBlock",
            attributes,
            prefix=prefix,
            parameters=("const",) if is_first else (),
            buffers=("resample_filter",),
            children=children,
        )

    def _layer(self, prefix: str, resolution: int, *, up: int) -> Call:
        attributes = {
            "resolution": resolution,
            "up": up,
            "use_noise": True,
            "activation": "lrelu",
            "conv_clamp": self.clamp,
            "padding": 1,
            "act_gain": _GAIN,
        }
        return self.module(
            "SynthesisLayer",
            attributes,
            prefix=prefix,
            parameters=("weight", "noise_strength", "bias"),
            buffers=("resample_filter", "noise_const"),
            children={"affine": self.linear(f"{prefix}affine.")},
        )

    def _torgb(self, prefix: str) -> Call:
        gain = self.state[f"{prefix}weight"].shape[1] ** -0.5
        return self.module(
            "ToRGBLayer",
            {"conv_clamp": self.clamp, "weight_gain": gain},
            prefix=prefix,
            parameters=("weight", "bias"),
            children={"affine": self.linear(f"{prefix}affine.")},
        )


class _DiscriminatorRecords(Records):
    """Builds the records of a discriminator."""

    def __init__(
        self, path: Path, config: DiscriminatorConfig, state: Mapping[str, Tensor]
    ) -> None:
        super().__init__(path, config, state)
        self._config = config

    def all(self) -> Call:
        """Build the whole discriminator."""
        config = self._config
        image = {"img_resolution": config.resolution, "img_channels": config.image_channels}
        blocks = list(reversed(config.resolutions[1:]))
        children = {f"b{r}": self._block(r) for r in blocks}
        width = config.cmap_width or config.channels[4]
        if config.c_dim:
            sizes = {"z_dim": 0, "c_dim": config.c_dim, "w_dim": width}
            rows = {"num_ws": None, "w_avg_beta": None}
            children["mapping"] = self.mapping(
                {**sizes, **rows}, 0.01, config.mapping_layers, mean=False
            )
        children["b4"] = self._epilogue(width if config.c_dim else 0)
        attributes = {
            "c_dim": config.c_dim,
            **image,
            "img_resolution_log2": config.resolution.bit_length() - 1,
            "block_resolutions": blocks,
        }
        arguments = {"c_dim": config.c_dim, **image, **self._arguments()}
        return self.module("Discriminator", attributes, children=children, arguments=arguments)

    def _arguments(self) -> dict[str, object]:
        config = self._config
        return {
            "channel_base": self.base,
            "channel_max": self.widest,
            "conv_clamp": config.conv_clamp,
            "cmap_dim": config.cmap_width,
            "block_kwargs": {"resample_filter": list(config.resample_filter)},
            "mapping_kwargs": {"num_layers": config.mapping_layers},
            "epilogue_kwargs": {
                "mbstd_group_size": config.mbstd_group,
                "mbstd_num_channels": config.mbstd_channels,
            },
        }

    def _block(self, resolution: int) -> Call:
        config, is_first = self._config, resolution == self._config.resolution
        prefix = f"b{resolution}."
        before = (config.resolution // resolution).bit_length() - 1
        attributes = {
            "in_channels": 0 if is_first else config.channels[resolution],
            "resolution": resolution,
            "img_channels": config.image_channels,
            "first_layer_idx": 3 * before + (0 if is_first else 1),
            "architecture": "resnet",
            "use_fp16": False,
            "channels_last": False,
            "num_layers": 4 if is_first else 3,
        }
        children = {"fromrgb": self._convolution(f"{prefix}fromrgb.")} if is_first else {}
        children["conv0"] = self._convolution(f"{prefix}conv0.")
        children["conv1"] = self._convolution(f"{prefix}conv1.", down=2)
        children["skip"] = self._convolution(f"{prefix}skip.", down=2, is_skip=True)
        return self.module(
            "DiscriminatorBlock",
            attributes,
            prefix=prefix,
            buffers=("resample_filter",),
            children=children,
        )

    def _convolution(self, prefix: str, *, down: int = 1, is_skip: bool = False) -> Call:
        shape = self.state[f"{prefix}weight"].shape
        attributes = {
            "activation": "linear" if is_skip else "lrelu",
            "up": 1,
            "down": down,
            "conv_clamp": None if is_skip else self.clamp,
            "padding": shape[2] // 2,
            "weight_gain": (shape[1] * shape[2] * shape[3]) ** -0.5,
            "act_gain": 1.0 if is_skip else _GAIN,
        }
        return self.module(
            "Conv2dLayer",
            attributes,
            prefix=prefix,
            parameters=("weight", "bias"),
            buffers=("resample_filter",),
        )

    def _epilogue(self, labels: int) -> Call:
        config = self._config
        statistic = {"group_size": config.mbstd_group, "num_channels": config.mbstd_channels}
        children = {
            "mbstd": self.module("MinibatchStdLayer", statistic) if config.mbstd_channels else None,
            "conv": self._convolution("b4.conv."),
            "fc": self.linear("b4.fc.", activation="lrelu"),
            "out": self.linear("b4.out."),
        }
        attributes = {
            "in_channels": config.channels[4],
            "cmap_dim": labels,
            "resolution": 4,
            "img_channels": config.image_channels,
            "architecture": "resnet",
        }
        return self.module("DiscriminatorEpilogue", attributes, children=children)
