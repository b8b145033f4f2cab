"""StyleGAN2 as a `Generator`: latents with edits of every space in, pictures out."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.errors import UsageError
from dynode.generator.channels import as_rgb, check_channels
from dynode.generator.fitting import counted
from dynode.generator.protocol import GeneratorInfo
from dynode.generator.redraw import KEPT_BYTES, Synthesizer
from dynode.latents.latents import Latents
from dynode.stylegan2.arithmetic import Arithmetic
from dynode.stylegan2.blocks import LayerInputs, SynthesisState
from dynode.stylegan2.describing import described
from dynode.stylegan2.fingerprint import Fingerprint
from dynode.stylegan2.fitting import check_latents, check_shape, labels
from dynode.stylegan2.kept import KeptActivations
from dynode.stylegan2.network import GeneratorNetwork
from dynode.stylegan2.noise import NoiseMode, resolve_noise, stored_maps


class StyleGAN2(Arithmetic):
    """A StyleGAN2 generator.

    Guaranteed: differentiable in w, styles, offsets, weights and noise; a batch equals a loop up to
    rounding; nothing it is given is modified. Gradients with respect to the weights flow when the
    network's parameters require them; `load` turns that off.

    Args:
        network: Weights and config.
        name: Name it was loaded by.
        domain: What it draws, free text.
        crop: How photographs must be cut out, see `GeneratorInfo`.
        licence: SPDX identifier of the weights' licence, or `unknown`.
        source: Where the weights came from.
        mean_code: `stored` or `estimated`, see `GeneratorInfo`.

    Raises:
        UnsupportedCheckpointError: Its pictures have neither 1, 3 nor 4 channels.
    """

    def __init__(
        self,
        network: GeneratorNetwork,
        *,
        name: str,
        domain: str = "unknown",
        crop: str = "none",
        licence: str = "unknown",
        source: str = "",
        mean_code: str = "stored",
    ) -> None:
        check_channels(name, network.config.image_channels)
        self.network = network
        self._class_index: int | None = None
        self._mean_code = mean_code
        self._class_names: tuple[str, ...] = ()
        about = {"name": name, "domain": domain, "crop": crop, "licence": licence}
        self._about = about | {"source": source}
        self._fingerprint = Fingerprint(network)

    def __repr__(self) -> str:
        """Say what it is, in a line; `info` tells the rest."""
        config, name = self.network.config, self._about["name"]
        shape = " × ".join(map(str, config.size))
        return f"StyleGAN2({name!r}, {shape} px, {config.num_layers} rows, {self.device})"

    @classmethod
    def load(
        cls, path: str | Path, *, device: torch.device | str | None = None, name: str | None = None
    ) -> StyleGAN2:
        """Load a checkpoint of any published layout, or dynode's own.

        Args:
            path: The file.
            device: Where it computes; None for the CPU.
            name: Name to give it; None takes the file's own, else the file name.

        Raises:
            CheckpointError: The file cannot be used, or holds no generator.
        """
        from dynode.stylegan2.loading import class_names, load_checkpoint

        network, metadata = load_checkpoint(Path(path))
        made = cls(
            network.to(device=device),
            **{key: metadata[key] for key in ("domain", "crop", "licence") if key in metadata},
            name=name or metadata.get("name") or Path(path).stem,
            source=metadata.get("source") or Path(path).name,
            mean_code=metadata.get("mean_w", "stored"),
        )
        made._class_names = class_names(metadata, network.config.c_dim)
        return made

    @property
    def info(self) -> GeneratorInfo:
        """Description of the generator; the fingerprint follows changes of the weights."""
        return GeneratorInfo(
            **described(self.network),
            **self._about,  # type: ignore[arg-type]  # texts only
            fingerprint=self._fingerprint.value(),
            mean_code=self._mean_code,
            class_names=self._class_names,
            class_index=self._class_index,
        )

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.network.mapping.w_avg.device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type it computes in."""
        return self.network.mapping.w_avg.dtype

    @property
    def mean_w(self) -> Tensor:
        """Mean code, (w_dim,) or (num_layers, w_dim): the truncation's centre."""
        return self.network.mapping.w_avg

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> StyleGAN2:
        """Return this generator on another device or in another type; itself if nothing changes."""
        device = self.device if device is None else torch.device(device)
        dtype = self.dtype if dtype is None else dtype
        if (device, dtype) == (self.device, self.dtype):
            return self
        moved = self.with_network(copy.deepcopy(self.network).to(device, dtype))
        moved._fingerprint = self._fingerprint.moved(moved.network)
        return moved

    def with_network(self, network: GeneratorNetwork, **about: str) -> StyleGAN2:
        """Return it with other weights of the same shape, and with what they change of its `info`."""
        made = copy.copy(self)
        made.network = network
        made._about = self._about | about
        made._fingerprint = Fingerprint(network)
        if self._program is not None:
            made._program = self._program.of(network.synthesis)
        return made

    def of_class(self, index: int) -> StyleGAN2:
        """Return the generator of one class: labels that are not given are of it; weights are shared.

        Raises:
            UsageError: It has no such class.
        """
        if not 0 <= index < (classes := self.network.config.c_dim):
            raise UsageError(f"there are {classes} classes, none numbered {index}; count from 0")
        limited = copy.copy(self)
        limited._class_index = index
        return limited

    def map(
        self,
        z: Tensor,
        *,
        c: Tensor | None = None,
        truncation: float = 1.0,
        cutoff: int | None = None,
    ) -> Latents:
        """Map normal vectors to codes.

        Args:
            z: (n, z_dim), standard normal.
            c: (n, c_dim) labels, usually one-hot, for a conditional generator; None takes the chosen
                class (`of_class`).
            truncation: Pull towards `mean_w`: 1 none, 0 the mean itself; above 1 pushes away.
            cutoff: Number of first rows to truncate; None for all.

        Raises:
            UsageError: `z` or `c` has another shape, or a conditional generator got no `c`.
        """
        config = self.network.config
        check_shape("z", z, (z.shape[0], config.z_dim))
        if config.c_dim:
            c = labels(c, self._class_index, (z.shape[0], config.c_dim))
            c = c.to(self.device, self.dtype)
        w = self.network.mapping(z.to(self.device, self.dtype), c)
        rows: Tensor = w[:, None].expand(-1, config.num_layers, -1)
        if truncation != 1:
            pulled = self.mean_w + truncation * (rows - self.mean_w)
            rows = (
                pulled if cutoff is None else torch.cat([pulled[:, :cutoff], rows[:, cutoff:]], 1)
            )
        return Latents(rows.contiguous())

    def sample(
        self,
        n: int,
        *,
        seed: int,
        truncation: float = 0.7,
        cutoff: int | None = None,
        c: Tensor | None = None,
    ) -> Latents:
        """Draw n codes; the first equals the published scripts' picture of that seed.

        Args:
            n: How many.
            seed: Seed of numpy's RandomState, as in the published scripts.
            truncation: See `map`.
            cutoff: See `map`.
            c: See `map`; None draws one-hot labels for a conditional generator of all classes.
        """
        config = self.network.config
        z = np.random.RandomState(seed).randn(counted(n), config.z_dim).astype(np.float32)
        if config.c_dim and c is None and self._class_index is None:
            labels = np.random.RandomState([seed, 1]).randint(config.c_dim, size=n)
            c = torch.eye(config.c_dim)[torch.from_numpy(labels)]
        return self.map(torch.from_numpy(z), c=c, truncation=truncation, cutoff=cutoff)

    def mix(self, first: Latents, second: Latents, row: int) -> Latents:
        """Take the rows below `row` from `first`, the others from `second` (style mixing)."""
        return first.with_w(torch.cat([first.w[:, :row], second.w[:, row:]], dim=1))

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """Read the style vectors, offsets included, by layer name: each (n, channels).

        Raises:
            GeneratorMismatchError: The latents belong to a generator of another shape.
        """
        self._check(latents)
        styles = self.network.synthesis.styles(latents.w.to(self.device, self.dtype))
        for name, offset in latents.styles.items():
            styles[name] = styles[name] + offset.to(self.device, self.dtype)
        return styles

    def layer_inputs(
        self, latents: Latents, *, noise: NoiseMode = "const", resolution: int | None = None
    ) -> LayerInputs:
        """Compute what the synthesis layers receive, to run blocks alone (`advance`)."""
        styles, offsets = self.styles(latents), latents.weights_by_layer()
        synthesis = self.network.synthesis
        until = synthesis.last_block(resolution)
        maps = resolve_noise(synthesis, noise, latents.w.shape[0], until)
        return LayerInputs(styles, offsets, maps, sixteen_bits=self._sixteen_bits)

    def advance(
        self, state: SynthesisState, inputs: LayerInputs, *, until: int | None = None
    ) -> SynthesisState:
        """Run the blocks behind `state` up to resolution `until`; see `SynthesisNetwork`.

        A prefix that many edits share is run once: `prefix = g.advance(SynthesisState(),
        g.layer_inputs(latents), until=32)`, then `g.advance(prefix, edited_inputs).image`;
        `keep_activations` finds by itself where to begin.
        """
        synthesis = self.network.synthesis
        return synthesis.advance(state, inputs, until=synthesis.last_block(until))

    def synthesize(
        self, latents: Latents, *, noise: NoiseMode = "const", resolution: int | None = None
    ) -> Tensor:
        """Draw pictures.

        Args:
            latents: What to draw.
            noise: `const` for the stored noise, `random` for fresh from torch's generator, `none`,
                or a list of one tensor a convolution, broadcastable to (n, 1, h, w).
            resolution: Stop early at this height in pixels and return the sum of the toRGB layers so
                far; None for the full size.

        Returns:
            (n, 3, h, w) float, nominally in [-1, 1], RGB; grey networks draw three equal channels,
            transparent ones over a checker board (`advance` gives what the network itself draws).

        Raises:
            GeneratorMismatchError: The latents belong to a generator of another shape.
            UsageError: There is no such resolution or noise.
        """
        inputs = self.layer_inputs(latents, noise=noise, resolution=resolution)
        return as_rgb(self._draw(inputs, resolution=self.network.synthesis.last_block(resolution)))

    def stored_noise(self) -> list[Tensor]:
        """Return the stored noise of every convolution, (h, w) each, in execution order."""
        return stored_maps(self.network.synthesis)

    def keep_activations(self, *, memory: int = KEPT_BYTES) -> Synthesizer:
        """Give what draws variants of the same pictures from where they differ; see there.

        Args:
            memory: Bytes of activations to keep at most.

        Returns:
            Itself where it is compiled: a program draws whole pictures.
        """
        if self._program is not None:
            return self
        return KeptActivations(self.network.synthesis, self.layer_inputs, memory=memory)

    def _check(self, latents: Latents) -> None:
        check_latents(self.network, self._about["name"], latents)
