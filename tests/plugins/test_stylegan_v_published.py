"""Snapshots in the published layout, written by Python's own pickler from stand-ins of its classes."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dynode
from dynode.errors import (
    CheckpointError,
    CorruptCheckpointError,
    OutputExistsError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)
from dynode.latents import Motion
from dynode.testing import run_command
from dynode_stylegan_v.config import VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.file import write_network
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.mocogan import MoCoGANDiscriminator
from dynode_stylegan_v.naming import published_discriminator_name, published_generator_name
from dynode_stylegan_v.opening import open_video
from dynode_stylegan_v.published import (
    looks_published,
    read_discriminator,
    read_generator,
    read_mocogan,
)
from dynode_stylegan_v.published_writer import MODULE_SOURCE, write_published
from dynode_stylegan_v.tiny import tiny_video_generator

# Running it would show: the published loader runs this text, ours must not.
SOURCE = "raise RuntimeError('the source text was run')\n" * 20
CHANNELS = {4: 16, 8: 16, 16: 16, 32: 16}
KERNEL = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64


class EasyDict(dict):  # type: ignore[type-arg]
    pass


class Node(nn.Module):
    """A module that pickles as a record of the published persistence."""

    class_name = "Node"

    def __reduce__(self) -> tuple[Any, ...]:
        record = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": self.class_name,
            "state": self.__dict__,
        }
        return _reconstruct_persistent_obj, (record,), None


class TemporalDifferenceEncoder(nn.Module):
    """Was not made persistent in the published code: pickled by its class."""


class DictConfig:
    pass


class AnyNode:
    pass


class Metadata:
    pass


def _reconstruct_persistent_obj(record: dict[str, Any]) -> object:
    raise AssertionError("a pickle was executed")


HOMES = {
    "src.dnnlib.util": (EasyDict,),
    "src.torch_utils.persistence": (_reconstruct_persistent_obj,),
    "training.layers": (TemporalDifferenceEncoder,),
    "omegaconf.dictconfig": (DictConfig,),
    "omegaconf.nodes": (AnyNode,),
    "omegaconf.base": (Metadata,),
}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand-ins of the modules whose names the published pickles hold."""
    for home, things in HOMES.items():
        parts = home.split(".")
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        for thing in things:
            monkeypatch.setattr(thing, "__module__", home)
            setattr(sys.modules[home], thing.__name__, thing)
    yield


def config_tree(value: Any, parent: Any = None, key: str | None = None) -> Any:
    """Make what omegaconf pickles: nodes with metadata, a parent and content or value."""
    node: Any = DictConfig() if isinstance(value, dict) else AnyNode()
    node._metadata = Metadata()
    node._metadata.key, node._metadata.object_type = key, dict
    node._parent = parent
    if isinstance(value, dict):
        node._content = {name: config_tree(item, node, name) for name, item in value.items()}
    else:
        node._val = value
    return node


def child(parent: nn.Module, name: str, kind: type[nn.Module]) -> nn.Module:
    if name not in parent._modules:
        parent.add_module(name, kind())
    return parent.get_submodule(name)


def module_tree(state: Mapping[str, Tensor], trained: set[str], class_name: str) -> Node:
    top = Node()
    top.class_name = class_name
    for key, value in state.items():
        *parents, name = key.split(".")
        owner: nn.Module = top
        for level, parent in enumerate(parents):
            by_class = level == 0 and parent == "time_encoder"
            owner = child(owner, parent, TemporalDifferenceEncoder if by_class else Node)
        if key in trained:
            owner.register_parameter(name, nn.Parameter(value.clone()))
        else:
            owner.register_buffer(name, value.clone())
        if parents and parents[-1] in ("conv1", "conv0", "conv"):
            owner.register_buffer("resample_filter", KERNEL)
            owner.conv_clamp = 256  # type: ignore[assignment]  # a plain attribute there
    return top


SETTINGS = {
    "model": {
        "generator": {
            "z_dim": 12,
            "time_enc": {"min_period_len": 8, "max_period_len": 512, "cond_type": "concat_const"},
            "motion": {
                "motion_z_distance": "${model.generator.time_enc.min_period_len}",
                "use_fractional_t": True,
            },
            "sampling": "${sampling}",
        },
        "discriminator": {
            "concat_res": 16,
            "num_frames_div_factor": 2,
            "dummy_c": False,
            "sampling": "${sampling}",
        },
    },
    "sampling": {
        "type": "random",
        "num_frames_per_video": 2,
        "max_num_frames": 100,
        "fps": 30,
        "total_dists": "???",
    },
}


def published_generator(generator: StyleGANV) -> Node:
    network = generator.network
    trained = {name for name, _ in network.named_parameters()}
    is_temporal = network.config.condition == "concat_const"

    def rename(name: str) -> str:
        return published_generator_name(name, is_temporal=is_temporal)

    state = {rename(name): value for name, value in network.state_dict().items()}
    if is_temporal:
        const = "synthesis.b4.input.input.const"
        state[const] = state[const][None]  # as published: (1, channels, 4, 4)
    made = module_tree(state, {rename(name) for name in trained}, "Generator")
    made.cfg = config_tree(SETTINGS)._content["model"]._content["generator"]
    return made


def published_judge(network: VideoDiscriminator) -> Node:
    rename = published_discriminator_name
    trained = {rename(name) for name, _ in network.named_parameters()}
    state = {rename(name): value for name, value in network.state_dict().items()}
    made = module_tree(state, trained, "Discriminator")
    made.cfg = config_tree(SETTINGS)._content["model"]._content["discriminator"]
    return made


def judge() -> VideoDiscriminator:
    torch.manual_seed(4)
    shape = VideoDiscriminatorConfig(32, CHANNELS, frames=2, max_frames=100, conv_clamp=256)
    return VideoDiscriminator(shape).eval().requires_grad_(False)


@pytest.fixture
def snapshot(tmp_path: Path, published: None) -> Callable[..., Path]:
    def write(generator: StyleGANV, **more: Any) -> Path:
        made = published_generator(generator)
        network = nn.Sequential(nn.Conv3d(2, 2, 3), nn.BatchNorm3d(2), nn.LeakyReLU(0.2))
        optimiser = torch.optim.Adam(network.parameters())
        network(torch.randn(2, 2, 4, 4, 4)).sum().backward()
        optimiser.step()
        content = {
            "training_set_kwargs": EasyDict(class_name="training.dataset.Videos"),
            "G": made,
            "G_ema": made,
            "D": None,
            "augment_pipe": None,
            "D_opt": optimiser,
            "vis": EasyDict(z=torch.randn(2, 3)),
            "stats": {"cur_nimg": 40, "cur_tick": 1},
            **more,
        }
        path = tmp_path / "network-snapshot-000040.pkl"
        path.write_bytes(pickle.dumps(content, protocol=4))
        return path

    return write


def drawn(generator: StyleGANV, times: Tensor) -> Tensor:
    motion = Motion.draw(2, seed=1)
    return generator.synthesize_frames(
        generator.sample(2, seed=3), generator.motion_codes(motion, times)
    )


SHAPES: dict[str, dict[str, Any]] = {
    "StyleGAN-V": {"motion_distance": 8, "min_period": 8, "max_period": 512},
    "with noise": {"has_noise": True, "motion_distance": 8, "min_period": 8, "max_period": 512},
    "MoCoGAN": {
        "condition": "concat_w",
        "strategy": "autoregressive",
        "motion_distance": 8,
        "has_time_encoder": False,
    },
    "no motion": {"strategy": "none"},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_a_published_snapshot_is_read_drawn_written_and_read(
    snapshot: Callable[..., Path], tmp_path: Path, shape: dict[str, Any]
) -> None:
    facts = {"max_frames": 100, "fps": 30, "conv_clamp": 256.0}
    original = tiny_video_generator(**shape, **facts)
    times = torch.tensor([0.0, 5.5, 130.25], dtype=torch.float64)

    read = open_video(snapshot(original))
    write_published(read.network, tmp_path / "again.pkl")  # type: ignore[arg-type]
    again = open_video(tmp_path / "again.pkl")

    assert isinstance(read, StyleGANV) and isinstance(again, StyleGANV)
    assert read.network.config.fps == 30 and read.network.config.max_frames == 100
    assert again.network.config == read.network.config
    for name, tensor in original.network.state_dict().items():
        assert torch.equal(read.network.state_dict()[name], tensor)
        assert torch.equal(again.network.state_dict()[name], tensor)
    # The weights lie differently in memory, so that convolutions sum in another order.
    torch.testing.assert_close(drawn(read, times), drawn(original, times), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(drawn(again, times), drawn(read, times), atol=1e-4, rtol=1e-4)


def test_a_published_discriminator_is_read_and_written(
    snapshot: Callable[..., Path], tmp_path: Path
) -> None:
    original, generator = judge(), tiny_video_generator()
    frames, times = torch.randn(4, 3, 32, 32), torch.tensor([[0.0, 7], [3, 99]])

    read = read_discriminator(snapshot(generator, D=published_judge(original)))
    write_published(generator.network, tmp_path / "again.pkl", discriminator=read)
    again = read_discriminator(tmp_path / "again.pkl")

    assert read.config == original.config == again.config
    assert torch.equal(read(frames, times), original(frames, times))
    assert torch.equal(again(frames, times), original(frames, times))


def test_published_mocogan_judges_are_read(snapshot: Callable[..., Path]) -> None:
    torch.manual_seed(2)
    shape = VideoDiscriminatorConfig(
        64, {**CHANNELS, 64: 16}, frames=1, concat_resolution=None, conv_clamp=256
    )
    original = MoCoGANDiscriminator(shape, frames=2, paddings=4).eval().requires_grad_(False)
    trained = {name for name, _ in original.named_parameters()}
    made = module_tree(original.state_dict(), trained, "Discriminator")
    made.cfg = EasyDict(sampling={"num_frames_per_video": 2}, video_discr_num_t_paddings=4)
    frames = torch.randn(4, 3, 64, 64)

    read = read_mocogan(snapshot(tiny_video_generator(), D=made))

    assert read.frames == 2
    torch.manual_seed(0)
    wanted = original(frames)
    torch.manual_seed(0)
    assert all(torch.equal(a, b) for a, b in zip(read(frames), wanted, strict=True))


def test_nothing_of_a_snapshot_is_run(snapshot: Callable[..., Path]) -> None:
    path = snapshot(tiny_video_generator())

    with pytest.raises(AssertionError, match="executed"):
        pickle.loads(path.read_bytes())
    read_generator(path)


def test_other_globals_are_refused(tmp_path: Path) -> None:
    evil = b"\x80\x04csrc.dnnlib.util\nEasyDict\n0cposix\nsystem\n\x8c\x04true\x85R."
    path = tmp_path / "evil.pkl"
    path.write_bytes(evil)

    with pytest.raises(UnsafeCheckpointError, match="posix.system"):
        open_video(path)


def test_endless_references_are_survived(snapshot: Callable[..., Path]) -> None:
    generator = tiny_video_generator()
    made = published_generator(generator)
    loop = config_tree({"a": {"time_enc": "${a.motion}", "motion": "${a.time_enc}"}})
    made.cfg = loop._content["a"]

    read = read_generator(snapshot(generator, G_ema=made))

    assert read.config.min_period == 16  # what is published where nothing is said


def test_a_missing_tensor_is_one_line(snapshot: Callable[..., Path]) -> None:
    made = published_generator(tiny_video_generator())
    del made.get_submodule("synthesis.b8.conv1")._parameters["bias"]

    with pytest.raises(CorruptCheckpointError, match=r"missing \['synthesis.b8.conv1.bias'\]"):
        read_generator(snapshot(tiny_video_generator(), G_ema=made))


def test_a_tensor_that_is_not_finite_is_one_line(snapshot: Callable[..., Path]) -> None:
    generator = tiny_video_generator()
    with torch.no_grad():
        generator.network.motion.time_encoder.freqs[0, 0] = torch.nan

    with pytest.raises(CorruptCheckpointError, match="not finite"):
        read_generator(snapshot(generator))


def test_a_truncated_snapshot_is_one_line(snapshot: Callable[..., Path]) -> None:
    path = snapshot(tiny_video_generator())
    path.write_bytes(path.read_bytes()[:5000])

    with pytest.raises(CheckpointError) as raised:
        open_video(path)

    assert "\n" not in str(raised.value)


def test_a_snapshot_without_the_judge_says_so(snapshot: Callable[..., Path]) -> None:
    with pytest.raises(UnsupportedCheckpointError, match="it holds no D"):
        read_discriminator(snapshot(tiny_video_generator()))


def test_nothing_is_overwritten_and_nothing_is_lost(tmp_path: Path) -> None:
    network = tiny_video_generator().network
    path = tmp_path / "out.pkl"
    write_published(network, path)

    with pytest.raises(OutputExistsError):
        write_published(network, path)
    strange = tiny_video_generator(channels={4: 16, 8: 12, 16: 16, 32: 16}).network
    with pytest.raises(UnsupportedCheckpointError, match="channels"):
        write_published(strange, path, force=True)
    assert looks_published(path)


def test_the_written_source_embeds_no_code_of_theirs() -> None:
    tree = compile(MODULE_SOURCE, "written", "exec")

    assert "src.training" in tree.co_names
    assert len(MODULE_SOURCE) < 1000


@pytest.mark.installed_plugins
def test_the_family_reads_snapshots_by_path(snapshot: Callable[..., Path]) -> None:
    path = snapshot(tiny_video_generator())

    loaded = dynode.load_generator(path)
    described = run_command(["generators", "info", str(path)])

    assert isinstance(loaded, StyleGANV)
    assert described.exit_code == 0
    assert "8 rows of 16" in described.stdout


@pytest.mark.installed_plugins
@pytest.mark.filterwarnings("default:.* is written without")
def test_a_snapshot_is_converted_both_ways(snapshot: Callable[..., Path], tmp_path: Path) -> None:
    original = judge()
    source = snapshot(tiny_video_generator(**SHAPES["with noise"]), D=published_judge(original))
    own, again, third = (tmp_path / name for name in ("own.safetensors", "p.pkl", "third.pkl"))

    first = run_command(["generators", "convert", str(source), str(own)])
    second = run_command(["generators", "convert", str(own), str(again)])
    whole = run_command(["generators", "convert", str(source), str(third)])

    assert [one.exit_code for one in (first, second, whole)] == [0, 0, 0], first.stderr
    assert "own.safetensors is written without" in first.stderr
    assert "the discriminator" in first.stderr
    assert "name" in second.stderr and whole.stderr == ""
    state = open_video(source).network.state_dict()  # type: ignore[union-attr]  # a StyleGAN-V
    for path in (own, again, third):
        written = open_video(path).network.state_dict()  # type: ignore[union-attr]
        assert all(torch.equal(written[name], tensor) for name, tensor in state.items())
    assert read_discriminator(third).config == original.config


@pytest.mark.installed_plugins
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.bin"], "tells no layout of stylegan-v; use .safetensors (dynode), .pkl (stylegan-v)"),
        (["x.pkl", "--layout", "nvlabs"], "layout of stylegan-v"),
        (["x.pkl", "--drop-clamp"], "--drop-clamp does not apply to own.safetensors"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_conversion_that_does_not_apply_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_network(tiny_video_generator().network, Path("own.safetensors"))

    result = run_command(["generators", "convert", "own.safetensors", *arguments])

    assert result.exit_code != 0
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["own.safetensors"]
