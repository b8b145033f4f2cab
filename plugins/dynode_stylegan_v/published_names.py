"""The globals that StyleGAN-V's pickles name, and the plain data each becomes; nothing is run."""

from __future__ import annotations

from dataclasses import dataclass

from dynode.weights import (
    Arguments,
    Attributes,
    Discarded,
    Known,
    Names,
    PersistentRecord,
    WeightsFile,
    named,
    persistent_record,
    plain_dict,
    unexpected,
)

_OMEGACONF = (
    ("omegaconf.dictconfig", "DictConfig"),
    ("omegaconf.listconfig", "ListConfig"),
    ("omegaconf.nodes", "AnyNode"),
    ("omegaconf.nodes", "StringNode"),
    ("omegaconf.nodes", "IntegerNode"),
    ("omegaconf.nodes", "FloatNode"),
    ("omegaconf.nodes", "BooleanNode"),
    ("omegaconf.base", "ContainerMetadata"),
    ("omegaconf.base", "Metadata"),
)
_MODULES = (
    ("torch.nn.modules.container", "Sequential"),
    ("torch.nn.modules.sparse", "Embedding"),
    ("torch.nn.modules.rnn", "LSTM"),
    ("torch.nn.modules.conv", "Conv3d"),
    ("torch.nn.modules.batchnorm", "BatchNorm3d"),
    ("torch.nn.modules.activation", "LeakyReLU"),
    *(
        (f"{top}training.{module}", name)
        for top in ("", "src.")
        for module, name in (
            ("layers", "TemporalDifferenceEncoder"),
            ("mocogan", "MoCoGANVideoDiscriminator"),
            ("mocogan", "Noise"),
        )
    ),
)
_OPTIMISERS = (("torch.optim.adam", "Adam"),)
_TYPES = (("typing", "Any"), *(("builtins", name) for name in ("dict", "int", "list")))


@dataclass
class ModuleRecord(PersistentRecord):
    """A module that was pickled by its class alone."""

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Take the attributes."""
        if not isinstance(state, dict):
            raise unexpected(file, self.class_name)
        self.state = state


def _module(class_name: str) -> Known:
    def make(file: WeightsFile, arguments: Arguments) -> object:
        if arguments:
            raise unexpected(file, class_name)
        return ModuleRecord(class_name, {}, file.path)

    return Known(class_name, make)


def _attributes(file: WeightsFile, arguments: Arguments) -> object:
    if arguments:
        raise unexpected(file, "omegaconf")
    return Attributes()


def _discarded(file: WeightsFile, arguments: Arguments) -> object:
    return Discarded()


def _list(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case ():
            return []
        case (list() as items,):
            return list(items)
    raise unexpected(file, "builtins.list")


def _type(name: str) -> Known:
    def refuse(file: WeightsFile, arguments: Arguments) -> object:
        raise unexpected(file, name)

    return Known(name, _list if name == "list" else refuse)


STYLEGAN_V_NAMES: Names = {
    **named(
        ("src.torch_utils.persistence", "_reconstruct_persistent_obj", persistent_record),
        ("src.dnnlib.util", "EasyDict", plain_dict),
        ("collections", "defaultdict", _discarded),
        *((module, name, _attributes) for module, name in _OMEGACONF),
        *((module, name, lambda file, arguments: Attributes()) for module, name in _OPTIMISERS),
    ),
    **{(module, name): _module(name) for module, name in _MODULES},
    **{(module, name): _type(name) for module, name in _TYPES},
}
"""Globals of StyleGAN-V's snapshots beside those of every NVIDIA pickle."""
