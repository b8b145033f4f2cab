"""A device that is not there: tensors that say `cuda:0`, compute on the CPU and refuse what a card refuses.

For tests of code that must stay on its generator's device, where no card is. What a card would be asked for
is counted: copies from and to the host, and waits (`item()`, `bool(tensor)`, `tolist()`, `nonzero`).

Not pretended: differentiating forwards (`NotPretended` is raised), inference mode (`no_grad` stands in),
streams, pinned memory, kernels a card lacks, its rounding, autocast.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from dynode import devices

DEVICE = torch.device("cuda:0")
_COPIES = {"_to_copy", "to"}
_WAITS = {"_local_scalar_dense", "nonzero", "equal", "masked_select", "unique", "_unique2"}
_PRODUCTS = {torch.matmul, Tensor.matmul, Tensor.__matmul__}
_INDEXINGS = {Tensor.__getitem__, Tensor.__setitem__}
_HOST_MAY_JOIN = {"copy_", "index", "index_put", "index_put_", "_index_put_impl_"}


class NotPretended(Exception):
    """Something was asked for that a pretended device cannot do; it says nothing about a real one."""


class PretendTensor(Tensor):
    """A tensor on the device that is not there; `held` is what it computes with, on the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> PretendTensor:
        """Wrap a CPU tensor; layout, type and gradients are told as they are."""
        # A wrapper that said cuda to torch's core would wake the CUDA runtime: meta, and a property.
        self: PretendTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=torch.device("meta"),
            requires_grad=held.requires_grad,
        )
        self.held = held.detach()
        return self

    device = property(lambda self: DEVICE)
    is_cuda = property(lambda self: True)
    is_cpu = property(lambda self: False)
    is_meta = property(lambda self: False)

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        """Show what is held."""
        return f"PretendTensor({self.held})"

    def tolist(self) -> Any:
        """Copy to the host, which waits."""
        _count("tolist")
        return self.held.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """Refuse, as a tensor of a card does."""
        raise TypeError("can't convert cuda:0 device type tensor to numpy; use Tensor.cpu() first")

    def __array__(self, *_: object, **__: object) -> Any:
        """Refuse, as a tensor of a card does."""
        return self.numpy()

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute on the CPU."""
        return _dispatch(func, args, kwargs or {})


_counts: list[Counter[str]] = []


def _count(what: str) -> None:
    for counts in _counts:
        counts[what] += 1


def _bare(x: Any) -> Any:
    return x.held if isinstance(x, PretendTensor) else x


def _wrapped(x: Any) -> Any:
    return PretendTensor(x) if isinstance(x, Tensor) and not isinstance(x, PretendTensor) else x


def _dispatch(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    name = func.overloadpacket.__name__
    tensors = [t for t in tree_flatten((args, kwargs))[0] if isinstance(t, Tensor)]
    here = [t for t in tensors if isinstance(t, PretendTensor)]
    host = [t for t in tensors if not isinstance(t, PretendTensor) and t.dim() > 0]
    asked = kwargs.get("device")
    to_card = asked is not None and torch.device(asked).type in _means_the_card(here=bool(here))
    if asked is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    if name in _COPIES:
        return _copy(func, args, kwargs, here=bool(here), asked=asked is not None, to_card=to_card)
    if here and host and name not in _HOST_MAY_JOIN:
        shape = tuple(host[0].shape)
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! "
            f"({name}; on the CPU: {shape})"
        )
    if here and name in _WAITS:
        _count(name)
    if name == "copy_" and isinstance(args[0], PretendTensor) != isinstance(args[1], PretendTensor):
        _count("to_device" if isinstance(args[0], PretendTensor) else "to_host")
    out = func(*tree_map(_bare, args), **tree_map(_bare, kwargs))
    if name in {"_local_scalar_dense", "equal"}:
        return out
    if name.endswith("_") and args and isinstance(args[0], Tensor):
        if args[0].shape != out.shape:
            raise NotPretended(f"{name} changes a shape in place")
        return args[0]
    return tree_map(_wrapped, out) if here or to_card else out


def _means_the_card(*, here: bool) -> set[str]:
    """Name the kinds of device that mean this one.

    Formulas of gradients ask for the one that torch's core sees (`PretendTensor.__new__`), also for the
    zeros of what has no gradient; shapes are built on it too, with it as the default device.
    """
    builds_shapes = torch.get_default_device().type == "meta"
    return {"cuda"} if builds_shapes and not here else {"cuda", "meta"}


def _copy(
    func: Any, args: Any, kwargs: dict[str, Any], *, here: bool, asked: bool, to_card: bool
) -> Any:
    out = func(*tree_map(_bare, args), **kwargs)
    if not asked:
        return _wrapped(out) if here else out
    if to_card != here:
        _count("to_device" if to_card else "to_host")
    return _wrapped(out) if to_card else out


class _Dispatching(TorchDispatchMode):
    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return _dispatch(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """Catches what never reaches the dispatcher: tensors made from values."""

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = {name: _numbered(value) for name, value in (kwargs or {}).items()}
        if func is Tensor.to:
            args = tuple(_numbered(arg) for arg in args)
        if func is Tensor.to and len(args) > 1 and isinstance(args[1], Tensor):
            # What it is moved beside tells its device to Python alone.
            other, rest = args[1], args[2:]
            return args[0].to(other.device, other.dtype, *rest, **kwargs)
        if func in _INDEXINGS and isinstance(args[0], PretendTensor):
            args = (args[0], _index_there(args[1]), *args[2:])
        if func in _PRODUCTS and (args[0].dim(), args[1].dim()) == (1, 2):
            return torch.mm(args[0][None], args[1])[0]  # torch would drop the row in place
        if func in (torch.tensor, torch.as_tensor, torch.asarray):
            return _made(func, args, kwargs)
        if func is Tensor.new_tensor and isinstance(args[0], PretendTensor):
            _count("to_device")
            made = torch.tensor(_on_host(args[1]), dtype=kwargs.get("dtype", args[0].dtype))
            return _wrapped(made)
        return func(*args, **kwargs)


def _numbered(value: Any) -> Any:
    """Give `cuda` its number, which torch would ask the driver for."""
    if isinstance(value, str | torch.device) and str(value) == "cuda":
        return DEVICE
    return value


def _index_there(index: Any) -> Any:
    """Make tensors of lists, of which torch would make some that hold nothing."""
    if isinstance(index, tuple):
        return tuple(_index_there(part) for part in index)
    return PretendTensor(torch.tensor(index)) if isinstance(index, list) and index else index


def _on_host(values: Any) -> Any:
    return tree_map(lambda v: v.held.tolist() if isinstance(v, PretendTensor) else v, values)


def _made(func: Callable[..., Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    asked = kwargs.pop("device", None)
    if isinstance(args[0], PretendTensor):
        return args[0].to(device=asked or DEVICE, dtype=kwargs.get("dtype"))
    made = func(*(_on_host(arg) for arg in args), **kwargs)
    if asked is not None and torch.device(asked).type == "cuda":
        _count("to_device")
        return _wrapped(made)
    return made


def _no_grad(mode: bool = True) -> contextlib.AbstractContextManager[Any]:
    """Stand in for inference mode, in which no tensor can be wrapped."""
    return torch.no_grad() if mode else contextlib.nullcontext()


_SAVE = torch.save


def _save(thing: Any, *given: Any, **named: Any) -> None:
    """Write tensors of the device as numbers, which is what a card's file holds."""
    _SAVE(tree_map(_bare, thing), *given, **named)


def _refuse_forwards(*_: object, **__: object) -> None:
    raise NotPretended("it differentiates forwards, which a pretended device cannot")


@contextlib.contextmanager
def pretend_device() -> Iterator[Counter[str]]:
    """Make `cuda:0` something to compute on; gives the counts of copies and waits.

    Yields:
        `to_host`, `to_device`, `_local_scalar_dense` (`item`, `bool`), `tolist`, `nonzero`, `equal`, ….
    """
    counts: Counter[str] = Counter()
    _counts.append(counts)
    try:
        with (
            mock.patch.object(torch.cuda, "_lazy_init", lambda: None),
            # Not torch.cuda.device_count: who forks random states would ask the driver for each device's.
            mock.patch.object(devices, "_is_available", lambda _: True),
            # Optimisers ask for the stream of a device that is there.
            mock.patch.object(torch.accelerator, "current_accelerator", lambda **_: None),
            mock.patch.object(torch, "inference_mode", _no_grad),
            mock.patch.object(torch, "save", _save),
            mock.patch.object(forward_ad, "make_dual", _refuse_forwards),
            _Dispatching(),  # type: ignore[no-untyped-call]
            _Functions(),
        ):
            yield counts
    finally:
        _counts.remove(counts)


def place(module: nn.Module) -> nn.Module:
    """Move a module's parameters and buffers to the pretended device, in place."""
    for part in module.modules():
        for name, parameter in part._parameters.items():
            if parameter is not None:
                needs = parameter.requires_grad
                part._parameters[name] = nn.Parameter(PretendTensor(parameter.detach()), needs)
        for name, buffer in part._buffers.items():
            if buffer is not None:
                part._buffers[name] = PretendTensor(buffer)
    return module
