"""Any module with convolutions that turns inputs into pictures, as a generator."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from dynode.errors import GeneratorMismatchError, UsageError
from dynode.generator.channels import SHOWN, as_rgb
from dynode.generator.fitting import check_codes, counted
from dynode.generator.module_layers import adding, convolutions, fingerprint, first_output
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import Offset

Draw = Callable[[nn.Module, Tensor], Tensor]
_call: Draw = nn.Module.__call__


class ModuleGenerator:
    """A module whose inputs are the codes; made by `wrap_module`.

    A code is an input flattened to one row, so everything that works on latents works on inputs.
    Offsets in parameter space move every picture of a batch by its own.

    Args:
        module: In evaluation mode; never modified.
        inputs: (m, ...) examples that `sample` picks from, or None to draw normal ones.
        shape: Of one input.
        draw: Calls the module on inputs (n, ...) and gives pictures (n, 1, 3 or 4, h, w).
        about: Name, domain, licence, source.
    """

    def __init__(
        self,
        module: nn.Module,
        inputs: Tensor | None,
        shape: Sequence[int],
        draw: Draw,
        about: dict[str, str],
    ) -> None:
        self.module, self.inputs, self.shape = module, inputs, tuple(shape)
        self._draw, self._about = draw, about
        self._layers = dict(convolutions(module))
        if not self._layers:
            raise UsageError(
                f"{type(module).__name__} has no convolution to move; wrap a module with nn.Conv2d or "
                f"nn.ConvTranspose2d"
            )
        self._hashed: tuple[tuple[int, ...], str] = ((), "")
        self._mean = self._mean_input()
        self._resolution = self._first_size()

    def __repr__(self) -> str:
        """Say what it is, in a line; `info` tells the rest."""
        height, width = self._resolution
        name = self._about["name"]
        return (
            f"ModuleGenerator({name!r}, {height} × {width} px, inputs {self.shape}, {self.device})"
        )

    @property
    def info(self) -> GeneratorInfo:
        """Description: one row, as wide as an input; no styles."""
        width = int(np.prod(self.shape))
        return GeneratorInfo(
            resolution=self._resolution,
            num_layers=1,
            w_dim=width,
            z_dim=width,
            c_dim=0,
            style_channels={},
            style_rows={},
            rgb_layers=(),
            conv_layers={name: tuple(self.layer_weight(name).shape) for name in self._layers},
            fingerprint=self._fingerprint(),
            crop="none",
            image_channels=self._channels,
            mean_code="absent" if self.inputs is None else "estimated",
            has_mapping=False,
            stops_early=False,
            takes_noise=False,
            name=self._about["name"],
            domain=self._about["domain"],
            licence=self._about["licence"],
            source=self._about["source"],
        )

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.module.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type it computes in."""
        return next(self.module.parameters()).dtype

    @property
    def mean_w(self) -> Tensor:
        """Mean input as a row."""
        return self._mean

    def layer_weight(self, name: str) -> Tensor:
        """Give the weight of a convolution, (out, in, kh, kw) for transposed ones too."""
        layer = self._layers[name]
        weight = layer.weight.detach()
        return weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight

    def map(
        self,
        z: Tensor,
        *,
        c: Tensor | None = None,
        truncation: float = 1.0,
        cutoff: int | None = None,
    ) -> Latents:
        """Turn normal vectors (n, z_dim) into inputs: themselves, or examples that they pick.

        An input is one row, so a cutoff of 0 spares it from truncation and any other does not.
        """
        rows = z.to(self.device, self.dtype)
        if self.inputs is not None:
            # The same vector picks the same example, vectors at random all of them alike.
            share = torch.special.ndtr(z[:, 0].double().cpu())
            picked = (share * len(self.inputs)).long().clamp(max=len(self.inputs) - 1)
            rows = self.inputs[picked.to(self.inputs.device)].flatten(1).to(rows)
        if truncation != 1 and cutoff != 0:
            rows = self._mean + truncation * (rows - self._mean)
        return Latents(rows[:, None].contiguous())

    def sample(self, n: int, *, seed: int, truncation: float = 1.0) -> Latents:
        """Draw n inputs by seed."""
        width = int(np.prod(self.shape))
        z = np.random.RandomState(seed).randn(counted(n), width).astype(np.float32)
        return self.map(torch.from_numpy(z), truncation=truncation)

    def encode(self, inputs: Tensor) -> Latents:
        """Make latents of inputs (n, ...)."""
        return Latents(inputs.flatten(1)[:, None].to(self.device, self.dtype))

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """Give no styles: there are none."""
        return {}

    def synthesize(
        self,
        latents: Latents,
        *,
        noise: str | Sequence[Tensor] = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw pictures (n, 3, h, w) of inputs with offsets; the noise is the module's own.

        Raises:
            GeneratorMismatchError: The latents belong to another module.
            UsageError: There is no such resolution or noise.
        """
        if noise not in ("const", "random", "none") and not isinstance(noise, list | tuple):
            raise UsageError(f"noise {noise!r} is unknown; use 'const', 'random' or 'none'")
        self._check(latents, resolution)
        inputs = latents.w.flatten(1).view(-1, *self.shape)
        with self._moved(latents.weights):
            return as_rgb(self._draw(self.module, inputs.to(self.device, self.dtype)))

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> ModuleGenerator:
        """Return it on another device or in another type; itself if nothing changes."""
        device = self.device if device is None else torch.device(device)
        if (device, dtype or self.dtype) == (self.device, self.dtype):
            return self
        module = copy.deepcopy(self.module).to(device=device, dtype=dtype)
        moved = ModuleGenerator(module, self.inputs, self.shape, self._draw, self._about)
        moved._hashed = moved._stamp(), self._fingerprint()  # rounding makes no other network
        return moved

    def first_activations(self, latents: Latents) -> Tensor:
        """Compute what the first layer with a weight gives, (n, features), before any bend.

        Raises:
            GeneratorMismatchError: The latents belong to another module.
        """
        with torch.no_grad():
            return first_output(self.module, lambda: self.synthesize(Latents(latents.w)))

    @contextlib.contextmanager
    def _moved(self, offsets: Sequence[Offset]) -> Iterator[None]:
        """Add to each convolution's output what its offsets add; nothing is left behind."""
        handles = []
        try:
            for offset in offsets:
                hook = adding(self._layers[offset.layer], offset)
                handles.append(self._layers[offset.layer].register_forward_hook(hook))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _check(self, latents: Latents, resolution: int | None) -> None:
        check_codes(latents, self._about["name"], 1, int(np.prod(self.shape)))
        if resolution not in (None, self._resolution[0]):
            raise UsageError(
                f"resolution {resolution} cannot be drawn; {self._about['name']} draws {self._resolution}"
            )
        if latents.styles:
            raise GeneratorMismatchError(
                f"latents edit styles of {next(iter(latents.styles))!r}, and {self._about['name']} has no "
                f"styles; use an edit of its codes or weights"
            )
        for offset in latents.weights:
            known = self._layers.get(offset.layer)
            wanted = tuple(self.layer_weight(offset.layer).shape) if known else "no such layer"
            if wanted != tuple(offset.basis.shape[1:]):
                raise GeneratorMismatchError(
                    f"an offset moves {offset.layer!r} by {tuple(offset.basis.shape[1:])}, "
                    f"{self._about['name']} has {wanted}; use an edit of this module"
                )

    def _fingerprint(self) -> str:
        """Hash the weights, again when they have changed."""
        stamp = self._stamp()
        if self._hashed[0] != stamp:
            self._hashed = stamp, fingerprint(self.module)
        return self._hashed[1]

    def _stamp(self) -> tuple[int, ...]:
        return tuple(part._version for part in self.module.state_dict().values())

    def _mean_input(self) -> Tensor:
        if self.inputs is None:
            return torch.zeros(int(np.prod(self.shape)), device=self.device, dtype=self.dtype)
        return self.inputs.flatten(1).to(self.device, self.dtype).mean(0)

    def _first_size(self) -> tuple[int, int]:
        with torch.no_grad():
            drawn = self._draw(self.module, self._mean.view(1, *self.shape))
        if drawn.ndim != 4 or drawn.shape[1] not in SHOWN:
            raise UsageError(
                f"{self._about['name']} gives {tuple(drawn.shape)}; expected pictures (n, 3, h, w), or of 1 "
                f"or 4 channels; pass draw= to make some of them"
            )
        self._channels = int(drawn.shape[1])
        return int(drawn.shape[2]), int(drawn.shape[3])


def wrap_module(
    module: nn.Module,
    *,
    inputs: Tensor | None = None,
    input_shape: Sequence[int] = (),
    draw: Draw | None = None,
    name: str = "",
    domain: str = "unknown",
    licence: str = "unknown",
) -> ModuleGenerator:
    """Make a generator of a module with convolutions, so that its weights can be moved.

    Args:
        module: Turns inputs (n, ...) into pictures (n, 3, h, w), nominally in [-1, 1], RGB. It is
            put into evaluation mode, nothing else about it changes.
        inputs: (m, ...) examples, such as pictures for an image-to-image network.
        input_shape: Shape of one input when there are no examples; they are drawn normal then.
        draw: Calls the module, where `module(inputs)` is not what is wanted.
        name: Name to give it; the class's own if empty.
        domain: What it draws, free text.
        licence: SPDX identifier.

    Returns:
        A generator; every named convolution without groups can be moved.

    Raises:
        UsageError: Neither inputs nor their shape are given, there is no convolution, or the
            result is no picture.

    Examples:
        >>> import torch, dynode
        >>> module = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3, padding=1), torch.nn.Tanh())
        >>> generator = dynode.wrap_module(module, input_shape=(3, 8, 8))
        >>> generator.synthesize(generator.sample(2, seed=0)).shape
        torch.Size([2, 3, 8, 8])
    """
    shape = tuple(inputs.shape[1:]) if inputs is not None else tuple(input_shape)
    if not shape:
        raise UsageError(
            "wrap_module got neither inputs nor input_shape; pass examples (m, ...), or the shape of one"
        )
    about = {
        "name": name or type(module).__name__,
        "domain": domain,
        "licence": licence,
        "source": f"module {type(module).__name__}",
    }
    return ModuleGenerator(module.eval(), inputs, shape, draw or _call, about)
