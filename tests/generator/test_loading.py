"""Loading a generator: by name, by path, bundled or fetched, onto the asked device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode import plugins
from dynode.devices import default_device, devices, resolve_device
from dynode.errors import (
    CheckpointError,
    DeviceError,
    MissingWeightsError,
    UnknownNameError,
)
from dynode.generator.loading import load_generator, loaded_video
from dynode.generator.protocol import Generator
from dynode.testing import tiny_generator, write_tiny_generator


class Bundled(dynode.GeneratorProvider):
    """A generator known by name."""

    name = "meadow-16"
    licence = "Apache-2.0"
    domain = "meadows"
    default = True

    def load(self, device: torch.device | str) -> Generator:
        return tiny_generator(16, w_dim=8, channels=4, name=self.name).to(device)


class Second(Bundled):
    """Another one, which is no default."""

    name = "forest-16"
    default = False


class Moving(Bundled):
    """What draws the videos of meadows."""

    name = "meadow-video"
    default = False
    default_video = True


class Letters(dynode.GeneratorFamily):
    """A kind of file: five letters and the side in pixels."""

    name = "letters"

    def can_read(self, path: Path) -> bool:
        return path.read_bytes().startswith(b"side ")

    def read(self, path: Path, device: torch.device | str) -> Generator:
        return tiny_generator(int(path.read_text()[5:]), w_dim=8, channels=4, name="letters")


@pytest.fixture(autouse=True)
def _the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute alike on machines with and without a GPU."""
    monkeypatch.setenv("DYNODE_DEVICE", "cpu")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> plugins.Registry:
    """A registry of the test's own, with three generators."""
    own = plugins.Registry()
    for thing in (Second(), Bundled(), Letters()):
        own.generators.add(thing, "the test")
    monkeypatch.setattr(plugins, "registry", lambda: own)
    return own


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# Which one


def test_without_a_name_the_default_is_loaded(registry: plugins.Registry) -> None:
    assert load_generator().info.name == "meadow-16"


def test_a_name_loads_that_generator(registry: plugins.Registry) -> None:
    assert load_generator("forest-16").info.name == "forest-16"


@pytest.mark.parametrize("kind", [str, Path], ids=["text", "path"])
def test_a_path_loads_that_file(tmp_path: Path, kind: Callable[[Path], Any]) -> None:
    original = tiny_generator(16, w_dim=8, channels=4)
    path = write_tiny_generator(tmp_path / "tiny.safetensors", original)

    loaded = load_generator(kind(path))

    latents = original.sample(2, seed=0)
    assert torch.equal(loaded.synthesize(latents), original.synthesize(latents))
    assert loaded.info.fingerprint == original.info.fingerprint
    assert isinstance(loaded, Generator)


def test_a_loaded_generator_is_ready_to_draw(tmp_path: Path) -> None:
    loaded = load_generator(write_tiny_generator(tmp_path / "tiny.safetensors"))

    image = loaded.synthesize(loaded.sample(1, seed=0))

    assert not image.requires_grad
    assert image.shape == (1, 3, 32, 32)


def test_a_family_reads_its_own_kind_of_file(registry: plugins.Registry, tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text("side 8")

    loaded = load_generator(tmp_path / "a.abc")

    assert (loaded.info.name, loaded.info.resolution) == ("letters", (8, 8))


def test_a_family_leaves_other_files_alone(registry: plugins.Registry, tmp_path: Path) -> None:
    path = write_tiny_generator(tmp_path / "tiny.safetensors")

    assert load_generator(path).info.resolution == (32, 32)


def test_a_fetched_model_is_loaded_by_its_name(cache: Path) -> None:
    # The cached file keeps the suffix of its address; what it holds decides how it is read.
    original = tiny_generator(16, w_dim=8, channels=4, name="cats")
    write_tiny_generator(cache / "afhqcat-512.safetensors", original)
    (cache / "afhqcat-512.safetensors").rename(cache / "afhqcat-512.pkl")

    assert load_generator("afhqcat-512").info.fingerprint == original.info.fingerprint


def test_a_name_is_preferred_to_a_file_of_the_same_name(
    registry: plugins.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "forest-16").write_text("side 8")

    assert load_generator("forest-16").info.resolution == (16, 16)
    assert load_generator("./forest-16").info.resolution == (8, 8)


def test_a_file_is_preferred_to_a_domain_of_the_same_name(
    registry: plugins.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    registry.generators.add(Moving(), "the test")
    assert loaded_video("meadows").info.name == "meadow-video"

    (tmp_path / "meadows").write_text("side 8")

    for load in (load_generator, loaded_video):
        assert load("meadows").info.resolution == (8, 8)


# What goes wrong


def test_a_model_that_is_not_fetched_is_told_how_to_get(cache: Path) -> None:
    with pytest.raises(MissingWeightsError) as caught:
        load_generator("ffhq-1024")

    message = str(caught.value)
    assert "'dynode models fetch ffhq-1024'" in message
    assert "licence LicenseRef-NVIDIA-Source-Code-NC" in message
    assert str(cache / "ffhq-1024.pkl") in message


def test_an_unknown_name_is_told_the_nearest(registry: plugins.Registry, cache: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_generator("medow-16")

    assert "unknown generator or checkpoint file 'medow-16'" in str(caught.value)
    assert "did you mean 'meadow-16'?" in str(caught.value)
    assert "ffhq-1024" in str(caught.value)


@pytest.mark.parametrize("name", ["no/such/file.pt", "", ".", "x" * 5000], ids=lambda n: n[:20])
def test_a_file_that_is_not_there_is_an_unknown_name(cache: Path, name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown generator or checkpoint file"):
        load_generator(name)


def test_without_a_default_one_is_asked_for(cache: Path) -> None:
    with pytest.raises(MissingWeightsError, match="name one with --generator"):
        load_generator()


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"\x80\x02}q\x00.", b"\xff" * 100],
    ids=["empty", "text", "{}", "noise"],
)
def test_a_file_that_is_no_checkpoint_is_refused_in_one_line(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.pt").write_bytes(content)

    with pytest.raises(CheckpointError) as caught:
        load_generator(tmp_path / "a.pt")

    assert "a.pt" in str(caught.value)
    assert "\n" not in str(caught.value)


# Where it computes


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.delenv("DYNODE_DEVICE", raising=False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("DYNODE_DEVICE", raising=False)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_processor_computes() -> None:
    assert default_device() == torch.device("cpu")
    assert devices() == ["cpu"]


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_used_when_there_is_one() -> None:
    assert default_device() == torch.device("cuda")
    assert devices()[:3] == ["cpu", "cuda:0", "cuda:1"]


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("variable", "expected"), [("cpu", "cpu"), ("cuda:1", "cuda:1"), ("", "cuda")]
)
def test_the_variable_chooses_the_device(
    monkeypatch: pytest.MonkeyPatch, variable: str, expected: str
) -> None:
    monkeypatch.setenv("DYNODE_DEVICE", variable)

    assert default_device() == torch.device(expected)


@pytest.mark.usefixtures("two_gpus")
def test_an_argument_goes_before_the_variable(
    registry: plugins.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_DEVICE", "nonsense")

    assert load_generator(device="cpu").device == torch.device("cpu")
    assert load_generator(device=torch.device("cpu")).device == torch.device("cpu")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(
    "name",
    ["cuda", "cuda:0", "gpu", "CPU", "cuda:x", "cuda:-1", "mps", "meta", "xpu", "", "cpu:1", "0"],
)
def test_a_device_that_is_not_there_is_told_what_is(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        resolve_device(name)

    assert str(caught.value) == (
        f"device {name!r} is not available; this machine has cpu; choose one with --device or "
        f"DYNODE_DEVICE"
    )


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("name", ["cuda:2", "cuda:99999999999999999999", "cuda:200", "cuda:256"])
def test_a_gpu_too_many_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match="this machine has cpu, cuda:0, cuda:1"):
        resolve_device(name)


@pytest.mark.usefixtures("no_gpu")
def test_a_wrong_variable_is_a_device_error(
    registry: plugins.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_DEVICE", "gpu")

    with pytest.raises(DeviceError, match="device 'gpu' is not available"):
        load_generator()
