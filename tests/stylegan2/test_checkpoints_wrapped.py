"""The same tensors in every layout, wrapper, container and precision; what lies beside them."""

from __future__ import annotations

import argparse
import collections
import datetime
import fractions
import itertools
import pickle
import random
import sys
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dynode.errors import UnsafeCheckpointError, UnsupportedCheckpointError
from dynode.stylegan2.checkpoints import inspect_checkpoint, read_checkpoint, write_checkpoint
from dynode.stylegan2.checkpoints.collecting import native_shapes
from dynode.stylegan2.checkpoints.rosinality import generator_entries
from dynode.stylegan2.config import GeneratorConfig
from dynode.weights import write_safetensors

CONFIG = GeneratorConfig(16, {4: 12, 8: 12, 16: 6}, z_dim=8, w_dim=8, mapping_layers=2)
MEAN = "mapping.w_avg"
FILTER = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64
State = dict[str, Tensor]


def native_state(config: GeneratorConfig = CONFIG) -> State:
    """Values that every precision holds exactly: small integers over 8."""
    generator = torch.Generator().manual_seed(6)
    return {
        name: torch.randint(-64, 65, shape, generator=generator) / 8
        for name, shape in native_shapes(config).items()
    }


def rosinality(state: State, config: GeneratorConfig = CONFIG) -> State:
    entries = generator_entries(config)
    return {
        entries[name].key: tensor.reshape(entries[name].shape)
        for name, tensor in state.items()
        if name != MEAN
    }


def nvlabs(state: State, config: GeneratorConfig = CONFIG) -> State:
    filters = {f"synthesis.b{r}.resample_filter": FILTER for r in config.resolutions}
    for r, layer in itertools.product(config.resolutions, ("conv0", "conv1")):
        if r > 4 or layer == "conv1":
            filters[f"synthesis.b{r}.{layer}.resample_filter"] = FILTER
    return state | filters


class EasyDict(dict):  # type: ignore[type-arg]
    """Pickles under the published name."""


class Record:
    """Pickles as a module of the published persistence does."""

    def __init__(self, class_name: str, tensors: Mapping[str, Tensor], **arguments: Any) -> None:
        own = {name: tensor for name, tensor in tensors.items() if "." not in name}
        children: dict[str, State] = {}
        for name, tensor in tensors.items():
            first, dot, rest = name.partition(".")
            if dot:
                children.setdefault(first, {})[rest] = tensor
        self.record = {
            "type": "class",
            "version": 6,
            "module_src": "raise RuntimeError('the source text was run')\n" * 40,
            "class_name": class_name,
            "state": {
                "training": False,
                "_parameters": collections.OrderedDict(
                    (name, nn.Parameter(tensor, requires_grad=False))
                    for name, tensor in own.items()
                ),
                "_buffers": collections.OrderedDict(),
                "_non_persistent_buffers_set": set(),
                "_modules": collections.OrderedDict(
                    (name, Record("Part", part)) for name, part in children.items()
                ),
                "_init_args": (),
                "_init_kwargs": EasyDict(arguments),
            },
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (self.record,)


def _reconstruct_persistent_obj(record: dict[str, Any]) -> None:
    raise RuntimeError("a record was built")


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand-ins of the modules whose names the published pickles hold."""
    names = ("dnnlib", "dnnlib.util", "torch_utils", "torch_utils.persistence")
    modules = {name: types.ModuleType(name) for name in names}
    modules["dnnlib.util"].EasyDict = EasyDict  # type: ignore[attr-defined]
    holder = modules["torch_utils.persistence"]
    holder._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    monkeypatch.setattr(EasyDict, "__module__", "dnnlib.util")
    monkeypatch.setattr(_reconstruct_persistent_obj, "__module__", "torch_utils.persistence")
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    yield


def begun(beginning: str) -> Callable[[State], State]:
    return lambda state: {f"{beginning}{name}": tensor for name, tensor in state.items()}


LAYOUTS: dict[str, Callable[[State, GeneratorConfig], Any]] = {
    "rosinality": rosinality,
    "encoder": lambda state, config: begun("decoder.")(rosinality(state, config)),
    "nvlabs state dict": nvlabs,
    "nvlabs module": lambda state, config: Record("Generator", nvlabs(state, config)),
}
MODULE = "nvlabs module"
WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "bare": lambda network: network,
    "g_ema": lambda network: {"g_ema": network, "step": 7},
    "G_ema": lambda network: {"G": None, "D": None, "G_ema": network},
    "state_dict": lambda network: {"state_dict": network, "epoch": 3},
    "params_ema": lambda network: {"params_ema": network},
    "params": lambda network: {"params": network},
    "generator": lambda network: {"generator": network, "lr": 0.002},
    "model": lambda network: {"model": network},
    "nested": lambda network: {"checkpoint": {"model": {"state_dict": network}}},
    "a list": lambda network: [network, 4],
}
BEGINNINGS = {
    "module.": "module.",
    "_orig_mod.": "_orig_mod.",
    "module._orig_mod.": "module._orig_mod.",
    "G_ema.": "G_ema.",
    "g_ema.": "g_ema.",
    "generator.": "generator.",
    "a name of their own": "stylegan_of_somebody.",
}
WRAPPERS |= {name: begun(text) for name, text in BEGINNINGS.items()}
PRECISIONS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def save_zip(content: object, path: Path) -> None:
    torch.save(content, path)


def save_legacy(content: object, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def pickled(protocol: int) -> Callable[[object, Path], None]:
    return lambda content, path: path.write_bytes(pickle.dumps(content, protocol)) and None


CONTAINERS: dict[str, Callable[[Any, Path], None]] = {
    "torch zip": save_zip,
    "torch legacy": save_legacy,
    "pickle 2": pickled(2),
    "pickle 4": pickled(4),
    "pickle 5": pickled(5),
    "safetensors": lambda content, path: write_safetensors(content, path, {}),
}


def makes_sense(layout: str, wrapper: str, container: str) -> bool:
    is_flat = wrapper == "bare" or wrapper in BEGINNINGS
    if layout == MODULE:
        return wrapper not in BEGINNINGS and container != "safetensors"
    return container != "safetensors" or is_flat


ALL = [
    pytest.param(*parts, id=", ".join(parts))
    for parts in itertools.product(LAYOUTS, WRAPPERS, CONTAINERS)
    if makes_sense(*parts)
]


SMALL = GeneratorConfig(8, {4: 12, 8: 6}, z_dim=8, w_dim=8, mapping_layers=1)


def check(folder: Path, layout: str, wrapper: str, container: str, precision: torch.dtype) -> None:
    """Write the tensors in one way, and read them."""
    state, path = native_state(SMALL), folder / str(precision)
    stored = {name: tensor.to(precision) for name, tensor in state.items()}
    CONTAINERS[container](WRAPPERS[wrapper](LAYOUTS[layout](stored, SMALL)), path)

    found = read_checkpoint(path)

    assert found.layout == layout.split()[0]
    assert found.generator == SMALL
    assert found.generator_state is not None
    assert found.generator_state.keys() == state.keys()
    for name, tensor in found.generator_state.items():
        if name != MEAN or layout.startswith("nvlabs"):
            torch.testing.assert_close(tensor, state[name], rtol=0, atol=0)


def precision_of(layout: str, wrapper: str, container: str) -> torch.dtype:
    """A precision for each, such that every container and every wrapper meets all of them."""
    numbers = (list(LAYOUTS).index(layout), list(WRAPPERS).index(wrapper))
    return PRECISIONS[(sum(numbers) + list(CONTAINERS).index(container)) % len(PRECISIONS)]


@pytest.mark.robust(kind="E", member="every layout × wrapper × container")
@pytest.mark.parametrize(("layout", "wrapper", "container"), ALL)
def test_the_same_tensors_are_read_however_they_are_wrapped(
    tmp_path: Path, layout: str, wrapper: str, container: str
) -> None:
    check(tmp_path, layout, wrapper, container, precision_of(layout, wrapper, container))


@pytest.mark.robust(kind="E", member="every layout × container × precision")
@pytest.mark.parametrize("precision", PRECISIONS, ids=str)
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_tensors_are_read_in_every_precision(
    tmp_path: Path, layout: str, container: str, precision: torch.dtype
) -> None:
    if makes_sense(layout, "bare", container):
        check(tmp_path, layout, "bare", container, precision)


@pytest.mark.slow
@pytest.mark.robust(kind="E", member="every layout × wrapper × container × precision")
@pytest.mark.parametrize(("layout", "wrapper", "container"), ALL)
def test_the_same_tensors_are_read_whatever_is_combined(
    tmp_path: Path, layout: str, wrapper: str, container: str
) -> None:
    for precision in PRECISIONS:
        check(tmp_path, layout, wrapper, container, precision)


@pytest.mark.robust(kind="E")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda mean: mean, id="mean code as a tensor"),
        pytest.param(lambda mean: mean.numpy(), id="mean code as a numpy array"),
        pytest.param(lambda mean: mean.tolist(), id="mean code as a list"),
        pytest.param(lambda mean: [mean.tolist()], id="mean code as a list of a list"),
        pytest.param(lambda mean: mean.expand(1, 1, -1), id="mean code with axes of one"),
    ],
)
@pytest.mark.parametrize("container", ["torch zip", "torch legacy", "pickle 2", "pickle 5"])
def test_the_mean_code_is_taken_as_it_is_stored(
    tmp_path: Path, make: Callable[[Tensor], object], container: str
) -> None:
    state = native_state()
    content = {"params_ema": rosinality(state), "latent_avg": make(state[MEAN])}
    CONTAINERS[container](content, tmp_path / "x")

    found = read_checkpoint(tmp_path / "x")

    assert found.generator_state is not None and "mean_w" not in found.metadata
    torch.testing.assert_close(found.generator_state[MEAN], state[MEAN], rtol=0, atol=0)


def test_an_absent_mean_code_is_told(tmp_path: Path) -> None:
    save_zip({"g_ema": rosinality(native_state())}, tmp_path / "x")

    assert inspect_checkpoint(tmp_path / "x").metadata["mean_w"] == "estimated"


class Scheduled(nn.Module):
    """A module of somebody's own, which is not on the list."""


BESIDE = {
    "numpy's random state": lambda: np.random.RandomState(0).get_state(),
    "a numpy random generator": lambda: np.random.default_rng(0),
    "Python's random state": lambda: random.Random(0).getstate(),
    "a date": lambda: datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC),
    "a defaultdict": lambda: collections.defaultdict(list, {"loss": [1.0, 2.0]}),
    "a plain module": lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
    "an optimiser": lambda: torch.optim.Adam([nn.Parameter(torch.zeros(2))]),
    "a fraction": lambda: fractions.Fraction(1, 3),
    "an identifier": lambda: uuid.UUID(int=5),
    "a deque": lambda: collections.deque([1, 2], maxlen=3),
    "a namespace of options": lambda: argparse.Namespace(lr=0.1, when=datetime.date(2024, 1, 1)),
    "a path": lambda: {"path": Path("somewhere")},
    "strings of numpy": lambda: np.array(["a", "b"]),
    "complex numbers": lambda: np.ones(3, dtype=np.complex64),
}


@pytest.mark.robust(kind="E")
@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("container", ["torch zip", "torch legacy", "pickle 2", "pickle 4"])
def test_what_nobody_needs_is_skipped(tmp_path: Path, beside: str, container: str) -> None:
    state = native_state()
    content = {"g_ema": rosinality(state), "latent_avg": state[MEAN], "more": BESIDE[beside]()}
    CONTAINERS[container](content, tmp_path / "x")

    found = read_checkpoint(tmp_path / "x").generator_state

    assert found is not None
    torch.testing.assert_close(found[MEAN], state[MEAN], rtol=0, atol=0)


def test_a_module_of_somebody_s_own_is_still_refused_by_name(tmp_path: Path) -> None:
    save_zip({"g_ema": rosinality(native_state()), "more": Scheduled()}, tmp_path / "x")

    with pytest.raises(UnsafeCheckpointError, match="Scheduled"):
        read_checkpoint(tmp_path / "x")


def test_a_module_in_place_of_the_weights_is_refused_by_name(tmp_path: Path) -> None:
    save_zip(nn.Linear(2, 2), tmp_path / "x")

    with pytest.raises(UnsafeCheckpointError, match=r"torch\.nn\.modules\.linear\.Linear"):
        read_checkpoint(tmp_path / "x")


@pytest.mark.robust(kind="E", member="averaged weights before trained ones, in any wrapping")
@pytest.mark.parametrize("averaged", ["g_ema", "params_ema", "G_ema", "ema", "generator_ema"])
def test_averaged_weights_come_first(tmp_path: Path, averaged: str) -> None:
    state = native_state()
    trained = {name: -tensor for name, tensor in rosinality(state).items()}
    save_zip({"generator": trained, averaged: begun("module.")(rosinality(state))}, tmp_path / "x")

    found = read_checkpoint(tmp_path / "x")

    assert found.metadata["weights"] == averaged
    assert found.generator_state is not None
    name = "synthesis.b4.const"
    torch.testing.assert_close(found.generator_state[name], state[name], rtol=0, atol=0)


@pytest.mark.robust(kind="E", member="filters that no layer looks at")
def test_filters_that_are_not_used_may_differ(tmp_path: Path) -> None:
    state = nvlabs(native_state())
    unused = {
        name: torch.ones(1, 1)
        for name in state
        if name.endswith("conv1.resample_filter") or name == "synthesis.b4.resample_filter"
    }
    CONTAINERS["pickle 4"]({"G_ema": Record("Generator", state | unused)}, tmp_path / "x")
    odd = {"synthesis.b8.conv0.resample_filter": torch.eye(4)}
    CONTAINERS["pickle 4"]({"G_ema": Record("Generator", state | odd)}, tmp_path / "y")

    assert read_checkpoint(tmp_path / "x").generator == CONFIG
    with pytest.raises(UnsupportedCheckpointError, match="resampling kernel"):
        read_checkpoint(tmp_path / "y")


def cifar(folder: Path) -> Path:
    """A file as NVIDIA's configuration `cifar` makes it: its discriminator has no skips."""
    convolutions = {
        name: torch.ones(shape)
        for r in (8, 16)
        for name, shape in {
            f"b{r}.conv0.weight": (6, 6, 3, 3),
            f"b{r}.conv1.weight": (6, 6, 3, 3),
        }.items()
    }
    judge = convolutions | {"b16.fromrgb.weight": torch.ones(6, 3, 1, 1)}
    judge |= {"b4.conv.weight": torch.ones(6, 7, 3, 3), "b4.fc.weight": torch.ones(6, 96)}
    judge |= {"b4.out.weight": torch.ones(1, 6)}
    content = {
        "G_ema": Record("Generator", nvlabs(native_state())),
        "D": Record("Discriminator", judge, architecture="orig"),
    }
    CONTAINERS["pickle 4"](content, folder / "cifar.pkl")
    return folder / "cifar.pkl"


@pytest.mark.robust(kind="E", member="NVIDIA's configuration cifar converts")
def test_the_generator_of_cifar_converts_and_the_discriminator_is_named(tmp_path: Path) -> None:
    from dynode.pipeline.convert import convert_checkpoint

    source = cifar(tmp_path)

    with pytest.warns(UserWarning, match="discriminator is left out: .*architecture is 'orig'"):
        convert_checkpoint(source, tmp_path / "a.safetensors")
    convert_checkpoint(source, tmp_path / "b.safetensors", generator_only=True)

    for name in ("a", "b"):
        found = read_checkpoint(tmp_path / f"{name}.safetensors", part="all")
        assert found.discriminator is None
        assert found.generator_state is not None
        for key, tensor in native_state().items():
            torch.testing.assert_close(found.generator_state[key], tensor, rtol=0, atol=0)


@pytest.mark.robust(kind="F")
@pytest.mark.parametrize(
    ("base", "layouts"),
    [
        pytest.param((4, 2), ("dynode", "nvlabs"), id="half as wide as high: bodies"),
        pytest.param((4, 8), ("dynode",), id="twice as wide as high: panoramas"),
        pytest.param((3, 5), ("dynode",), id="neither a power of two"),
    ],
)
def test_pictures_that_are_not_square_keep_their_shape(
    tmp_path: Path, base: tuple[int, int], layouts: tuple[str, ...]
) -> None:
    config = GeneratorConfig(
        16, {4: 12, 8: 12, 16: 6}, z_dim=8, w_dim=8, mapping_layers=2, base=base
    )
    state = native_state(config)
    save_zip({"g_ema": rosinality(state, config), "latent_avg": state[MEAN]}, tmp_path / "a")
    CONTAINERS["pickle 4"]({"G_ema": Record("Generator", nvlabs(state, config))}, tmp_path / "b")

    for name in ("a", "b"):
        checkpoint = read_checkpoint(tmp_path / name)
        assert checkpoint.generator == config
        for layout in ("dynode", "nvlabs", "rosinality"):
            path = tmp_path / f"{name}-{layout}"
            if layout not in layouts:
                with pytest.raises(UnsupportedCheckpointError, match=f"{base[0]} x {base[1]} px"):
                    write_checkpoint(checkpoint, path, layout)
                continue
            write_checkpoint(checkpoint, path, layout)
            back = read_checkpoint(path)
            assert back.generator == config and back.generator_state is not None
            for key, tensor in state.items():
                torch.testing.assert_close(back.generator_state[key], tensor, rtol=0, atol=0)
