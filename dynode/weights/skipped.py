"""What is often saved beside weights and never needed: known by name, skipped without being built."""

from __future__ import annotations

from dynode.weights.pickle_instructions import Known, Names, Skipped

_MODULES = (
    "lightning",
    "ml_collections",
    "numpy.random",
    "omegaconf",
    "pytorch_lightning",
    "torch.nn.modules",
    "torch.nn.parallel",
    "torch.optim",
)
_NAMES = {
    "__builtin__": "bool bytearray complex dict float frozenset int list object range str tuple",
    "addict": "Dict",
    "addict.addict": "Dict",
    "collections": "Counter defaultdict deque",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "easydict": "EasyDict",
    "fractions": "Fraction",
    "random": "Random",
    "torch": "Generator",
    "torch._C": "Generator",
    "torch.amp.grad_scaler": "GradScaler",
    "torch.cuda.amp.grad_scaler": "GradScaler",
    "torch.torch_version": "TorchVersion",
    "types": "SimpleNamespace",
    "uuid": "SafeUUID UUID",
    "yacs.config": "CfgNode",
}
_NAMES["builtins"] = _NAMES["__builtin__"]


class WithSkipped(dict[tuple[str, str], object]):
    """An allow-list that also knows what may be skipped."""

    def __missing__(self, key: tuple[str, str]) -> object:
        """Make a stand-in whose calls and states come to nothing.

        Raises:
            KeyError: Nobody saves this beside weights.
        """
        module, name = key
        is_known = name in _NAMES.get(module, "").split() and " " not in name
        if not is_known and not any(_is_inside(module, outer) for outer in _MODULES):
            raise KeyError(key)
        return Known(f"{module}.{name}", lambda file, arguments: Skipped(f"{module}.{name}"))


def with_skipped(names: Names) -> Names:
    """Extend an allow-list by what may be skipped."""
    return WithSkipped(names)


def _is_inside(module: str, outer: str) -> bool:
    return module == outer or module.startswith(f"{outer}.")
