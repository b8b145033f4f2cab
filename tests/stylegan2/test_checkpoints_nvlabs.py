"""The NVlabs layout, on pickles that Python's own pickler writes from stand-ins of its classes."""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dynode.errors import CorruptCheckpointError, UnsupportedCheckpointError
from dynode.stylegan2.checkpoints import (
    Checkpoint,
    inspect_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from dynode.stylegan2.checkpoints.nvlabs_records import MODULE_SOURCE
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.stylegan2.discriminator import DiscriminatorNetwork
from dynode.stylegan2.network import GeneratorNetwork

# Running it would show: the published loader runs this text, ours must not.
SOURCE = "raise RuntimeError('the source text was run')\nclass Generator: pass\n" * 20
BUFFERS = ("resample_filter", "noise_const", "w_avg", "freqs", "transform", "phases")


class EasyDict(dict):  # type: ignore[type-arg]
    pass


class Module(nn.Module):
    """A module that pickles as a record of the published persistence."""

    class_name = "Generator"

    def __reduce__(self) -> tuple[Any, ...]:
        record = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": self.class_name,
            "state": self.__dict__,
        }
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (record,), None


def _reconstruct_persistent_obj(record: dict[str, Any]) -> object:
    """Do what the published loader does: run the text, make the class's object, set its state."""
    module = types.ModuleType("_imported")
    exec(record["module_src"], module.__dict__)
    made = module.__dict__[record["class_name"]].__new__(module.__dict__[record["class_name"]])
    made.__setstate__(record["state"])
    return made


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, types.ModuleType]]:
    """Stand-ins of the modules whose names the published pickles hold."""
    modules = {
        name: types.ModuleType(name)
        for name in ("dnnlib", "dnnlib.util", "torch_utils", "torch_utils.persistence")
    }
    modules["dnnlib.util"].EasyDict = EasyDict  # type: ignore[attr-defined]
    modules["torch_utils.persistence"]._reconstruct_persistent_obj = (  # type: ignore[attr-defined]
        _reconstruct_persistent_obj
    )
    monkeypatch.setattr(EasyDict, "__module__", "dnnlib.util")
    monkeypatch.setattr(_reconstruct_persistent_obj, "__module__", "torch_utils.persistence")
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    yield modules


def easy(value: object) -> object:
    if isinstance(value, dict):
        return EasyDict({key: easy(item) for key, item in value.items()})
    return value


def build(state: Mapping[str, Any], class_name: str, **init_kwargs: Any) -> Module:
    """A tree of modules that holds `state` under its names."""
    top = Module()
    top.class_name = class_name
    for key, value in state.items():
        *path, name = key.split(".")
        owner: nn.Module = top
        for part in path:
            if part not in owner._modules:
                owner.add_module(part, Module())
            owner = owner.get_submodule(part)
        tensor = torch.as_tensor(value)
        if name in BUFFERS:
            owner.register_buffer(name, tensor)
        else:
            owner.register_parameter(name, nn.Parameter(tensor, requires_grad=False))
            owner.weight_gain = np.float64(0.25)  # the published layers keep numpy numbers
    top._init_args = ()
    top._init_kwargs = {key: easy(value) for key, value in init_kwargs.items()}
    return top


def save(content: object, folder: Path, *, protocol: int = 3) -> Path:
    path = folder / "network.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


CONFIG = GeneratorConfig(16, {4: 12, 8: 12, 16: 6}, z_dim=5, w_dim=8, mapping_layers=2)
FILTER = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64


def published_state(config: GeneratorConfig) -> dict[str, Tensor]:
    """A random state with the published extra buffers."""
    torch.manual_seed(3)
    state = {k: torch.randn(v.shape) for k, v in GeneratorNetwork(config).state_dict().items()}
    for resolution in config.resolutions:
        for part in ("", "conv0.", "conv1."):
            if resolution > 4 or part != "conv0.":
                state[f"synthesis.b{resolution}.{part}resample_filter"] = FILTER
    return state


def kwargs_of(config: GeneratorConfig, **synthesis: Any) -> dict[str, Any]:
    return {
        "z_dim": config.z_dim,
        "c_dim": config.c_dim,
        "w_dim": config.w_dim,
        "img_resolution": config.resolution,
        "img_channels": 3,
        "mapping_kwargs": {"num_layers": config.mapping_layers},
        "synthesis_kwargs": {"channel_base": 96, "channel_max": 12, **synthesis},
    }


def without_filters(state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if "resample_filter" not in key}


def assert_same(found: Mapping[str, Tensor] | None, state: Mapping[str, Any]) -> None:
    assert found is not None
    assert found.keys() == (expected := without_filters(state)).keys()
    for key, value in expected.items():
        torch.testing.assert_close(found[key], torch.as_tensor(value), rtol=0, atol=0)


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize("name", ["nvlabs-generator-64", "nvlabs-generator-cond-32"])
def test_a_published_case_gives_its_own_tensors(
    published: object,
    reference_case: Callable[[str], Any],
    tmp_path: Path,
    name: str,
    protocol: int,
) -> None:
    case = reference_case(name)
    state = case.states["generator"]
    kwargs = case.case["config"]["init_kwargs"]
    generator = build(state, "Generator", **kwargs)
    content = {"G": generator, "D": None, "G_ema": generator, "training_set_kwargs": EasyDict(a=1)}

    checkpoint = read_checkpoint(save(content, tmp_path, protocol=protocol))

    assert_same(checkpoint.generator_state, state)
    config = checkpoint.generator
    assert config is not None
    assert config.conv_clamp == kwargs["synthesis_kwargs"].get("conv_clamp")
    assert (config.c_dim, config.w_dim) == (kwargs["c_dim"], kwargs["w_dim"])
    assert config.mapping_layers == kwargs["mapping_kwargs"]["num_layers"]
    base, largest = (kwargs["synthesis_kwargs"][f"channel_{part}"] for part in ("base", "max"))
    assert dict(config.channels) == {r: min(base // r, largest) for r in config.resolutions}


def test_the_published_discriminator_gives_its_own_tensors(
    published: object, reference_case: Callable[[str], Any], tmp_path: Path
) -> None:
    case = reference_case("nvlabs-discriminator-cond-32")
    state = case.states["discriminator"]
    judge = build(state, "Discriminator", **case.case["config"]["init_kwargs"])

    checkpoint = read_checkpoint(save({"D": judge}, tmp_path), part="discriminator")

    assert_same(checkpoint.discriminator_state, state)
    assert checkpoint.discriminator == DiscriminatorConfig(
        32, dict.fromkeys((4, 8, 16, 32), 64), c_dim=10, conv_clamp=256
    )


@pytest.mark.parametrize(
    ("kwargs", "clamp", "halves"),
    [
        (kwargs_of(CONFIG), None, "0"),
        (kwargs_of(CONFIG, conv_clamp=256, num_fp16_res=4), 256.0, "4"),
        ({"channel_base": 96, "channel_max": 12, "mapping_kwargs": {}}, 256.0, "4"),
        ({"channel_base": 96, "conv_clamp": None, "num_fp16_res": 0}, None, "0"),
    ],
    ids=["defaults", "clamped", "flat defaults of the StyleGAN3 repository", "flat, not clamped"],
)
def test_constructor_arguments_are_understood(
    published: object, tmp_path: Path, kwargs: dict[str, Any], clamp: float | None, halves: str
) -> None:
    path = save({"G_ema": build(published_state(CONFIG), "Generator", **kwargs)}, tmp_path)

    summary = inspect_checkpoint(path)

    assert summary.generator is not None
    assert summary.generator.conv_clamp == clamp
    assert summary.metadata["num_fp16_res"] == halves


def test_what_a_layer_really_uses_wins_over_the_arguments(
    published: object, tmp_path: Path
) -> None:
    generator = build(published_state(CONFIG), "Generator", **kwargs_of(CONFIG, conv_clamp=256))
    generator.get_submodule("synthesis.b4.conv1").conv_clamp = 64

    found = inspect_checkpoint(save({"G_ema": generator}, tmp_path)).generator

    assert found is not None and found.conv_clamp == 64


def test_positional_arguments_are_understood(published: object, tmp_path: Path) -> None:
    generator = build(published_state(CONFIG), "Generator")
    generator._init_args = (5, 0, 8, 16, 3, EasyDict(lr_multiplier=0.02))

    found = inspect_checkpoint(save({"G_ema": generator}, tmp_path)).generator

    assert found is not None and found.mapping_lr == 0.02


def test_a_network_without_noise_gets_noise_of_zero(published: object, tmp_path: Path) -> None:
    state = {key: value for key, value in published_state(CONFIG).items() if ".noise_" not in key}
    generator = build(state, "Generator", **kwargs_of(CONFIG, use_noise=False))

    found = read_checkpoint(save({"G_ema": generator}, tmp_path)).generator_state

    assert found is not None
    assert float(found["synthesis.b8.conv0.noise_const"].abs().sum()) == 0
    assert found["synthesis.b8.conv0.noise_strength"].shape == ()


def test_channels_last_half_precision_weights_are_read(published: object, tmp_path: Path) -> None:
    state = published_state(CONFIG)
    key = "synthesis.b16.conv0.weight"
    state[key] = state[key].half().contiguous(memory_format=torch.channels_last)

    found = read_checkpoint(save({"G_ema": build(state, "Generator")}, tmp_path)).generator_state

    assert found is not None
    assert torch.equal(found[key], state[key].float())
    assert found[key].is_contiguous()


def test_a_stylegan3_pickle_is_named(published: object, tmp_path: Path) -> None:
    state = {"synthesis.input.freqs": torch.ones(4, 2), "synthesis.L0_36_8.weight": torch.ones(3)}

    with pytest.raises(UnsupportedCheckpointError, match="StyleGAN3.*give a StyleGAN2"):
        read_checkpoint(save({"G_ema": build(state, "Generator")}, tmp_path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"synthesis_kwargs": {"architecture": "resnet"}}, "architecture is 'resnet'"),
        ({"synthesis_kwargs": {"activation": "relu"}}, "activation is 'relu'"),
        ({"mapping_kwargs": {"lr_multiplier": "fast"}}, "lr_multiplier"),
        ({"synthesis_kwargs": {"conv_clamp": -1}}, "conv_clamp"),
    ],
    ids=["architecture", "activation", "learning rate", "clamp"],
)
def test_variants_are_refused_by_name(
    published: object, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = save({"G_ema": build(published_state(CONFIG), "Generator", **change)}, tmp_path)

    with pytest.raises(UnsupportedCheckpointError, match=words):
        read_checkpoint(path)


def test_a_missing_tensor_is_named(published: object, tmp_path: Path) -> None:
    state = published_state(CONFIG)
    del state["synthesis.b8.conv0.affine.bias"]

    with pytest.raises(CorruptCheckpointError, match=r"lacks 'synthesis\.b8\.conv0\.affine\.bias'"):
        read_checkpoint(save({"G_ema": build(state, "Generator")}, tmp_path))


def written_by_dynode(folder: Path) -> tuple[Path, Checkpoint]:
    """A file of our writer with both networks, and what went into it."""
    torch.manual_seed(8)
    config = GeneratorConfig(
        16, {4: 12, 8: 12, 16: 6}, w_dim=8, z_dim=5, c_dim=3, embed_width=4, conv_clamp=64
    )
    judge = DiscriminatorConfig(16, {4: 12, 8: 12, 16: 6}, c_dim=3, cmap_width=7, mbstd_group=None)
    state = {k: torch.randn(v.shape) for k, v in GeneratorNetwork(config).state_dict().items()}
    verdict = {k: torch.randn(v.shape) for k, v in DiscriminatorNetwork(judge).state_dict().items()}
    checkpoint = Checkpoint("dynode", config, state, judge, verdict, {"num_fp16_res": "2"})
    path = folder / "ours.pkl"
    write_checkpoint(checkpoint, path, "nvlabs")
    return path, checkpoint


def test_our_own_file_reads_back_the_same(tmp_path: Path) -> None:
    path, written = written_by_dynode(tmp_path)

    found = read_checkpoint(path, part="all")

    assert found.generator == written.generator
    assert found.discriminator == written.discriminator
    assert found.metadata["num_fp16_res"] == "2"
    assert written.generator_state is not None and written.discriminator_state is not None
    assert_same(found.generator_state, written.generator_state)
    assert_same(found.discriminator_state, written.discriminator_state)


def test_our_own_file_unpickles_where_the_published_code_is(
    published: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's unpickler, torch's storages and stand-ins of the published classes rebuild it."""
    names = [name.strip(", ") for name in MODULE_SOURCE.split("import")[-1].split()]
    networks = types.ModuleType("training.networks")
    for name in names:
        setattr(networks, name, type(name, (nn.Module,), {}))
    monkeypatch.setitem(sys.modules, "training", types.ModuleType("training"))
    monkeypatch.setitem(sys.modules, "training.networks", networks)
    path, written = written_by_dynode(tmp_path)

    content = pickle.load(io.BytesIO(path.read_bytes()))  # our own file, with our own stand-ins

    assert content["G"] is content["G_ema"]
    assert_same(without_filters(content["G_ema"].state_dict()), written.generator_state or {})
    assert_same(without_filters(content["D"].state_dict()), written.discriminator_state or {})
    filters = [k for k in content["G_ema"].state_dict() if k.endswith("resample_filter")]
    assert len(filters) == 3 + 5  # one in each block, one in each convolution
    assert torch.equal(content["G_ema"].state_dict()[filters[0]], FILTER)
    block = content["G_ema"].get_submodule("synthesis.b16")
    assert type(block).__name__ == "SynthesisBlock"
    assert (block.in_channels, block.use_fp16, block.is_last) == (12, True, True)
    assert not content["G_ema"].get_submodule("synthesis.b4").use_fp16
    assert content["D"].get_submodule("b8").first_layer_idx == 4
    assert content["D"].get_submodule("b4").mbstd.group_size is None


def test_the_embedded_text_is_one_import() -> None:
    lines = [line for line in MODULE_SOURCE.splitlines() if not line.startswith("#")]

    assert len(lines) == 1
    assert lines[0].startswith("from training.networks import Generator, ")
