"""The containers of weights files, against torch, safetensors and pickle themselves."""

from __future__ import annotations

import argparse
import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from dynode.errors import CheckpointError
from dynode.weights import StoredTensor, open_weights, read_tensors, write_safetensors
from dynode.weights.pickle_writer import Call, GlobalName, PickleWriter, tensor_call

DTYPES = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
]
CONTAINERS = pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])


def saved(content: object, folder: Path, *, is_zip: bool = True, protocol: int = 2) -> Path:
    path = folder / "file.bin"
    torch.save(content, path, _use_new_zipfile_serialization=is_zip, pickle_protocol=protocol)
    return path


def loaded(content: object, folder: Path, *, is_zip: bool = True, protocol: int = 2) -> Any:
    return read_tensors(saved(content, folder, is_zip=is_zip, protocol=protocol))


@CONTAINERS
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_element_type_is_read_exactly(
    tmp_path: Path, dtype: torch.dtype, is_zip: bool
) -> None:
    tensor = (torch.randn(3, 5, generator=torch.Generator().manual_seed(1)) * 9).to(dtype)

    found = loaded({"a": tensor}, tmp_path, is_zip=is_zip)["a"]

    assert found.dtype == dtype
    assert torch.equal(found, tensor)


VIEWS = {
    "a scalar": torch.tensor(2.5),
    "an empty tensor": torch.zeros(0, 3),
    "a transposed matrix": torch.arange(12.0).reshape(3, 4).t(),
    "every other column": torch.arange(12.0).reshape(3, 4)[:, ::2],
    "the end of a longer one": torch.arange(12.0)[5:],
    "channels last": torch.arange(48.0)
    .reshape(2, 3, 2, 4)
    .contiguous(memory_format=torch.channels_last),
    "a parameter": torch.nn.Parameter(torch.ones(2)),
    "a buffer of a state dict": torch.nn.BatchNorm1d(3).state_dict()["running_mean"],
}


@CONTAINERS
@pytest.mark.parametrize("case", VIEWS)
def test_every_view_is_read_exactly(tmp_path: Path, case: str, is_zip: bool) -> None:
    found = loaded([VIEWS[case]], tmp_path, is_zip=is_zip)[0]

    assert torch.equal(found, VIEWS[case])
    assert found.is_contiguous() and not found.requires_grad


VALUES: dict[str, tuple[object, object]] = {
    "plain values": ([None, True, -7, 2**40, 2.5, "ä", ("a", 1)], None),
    "containers": ({"a": [1, {2: ()}], "s": {1, "b"}}, None),
    "an ordered dict": (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "options": (argparse.Namespace(lr=0.1, path="x"), {"lr": 0.1, "path": "x"}),
    "numpy numbers": ([np.float64(0.5), np.float32(0.25), np.int64(-3), np.bool_(True)], None),
    "a path": (Path("a/b"), "a/b"),
    "a size": (torch.Size([2, 3]), (2, 3)),
    "a device": (torch.device("cuda:1"), "cuda:1"),
    "an element type": (torch.float16, "torch.float16"),
}


@CONTAINERS
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("case", VALUES)
def test_plain_values_survive(tmp_path: Path, case: str, protocol: int, is_zip: bool) -> None:
    content, expected = VALUES[case]

    found = loaded(content, tmp_path, protocol=protocol, is_zip=is_zip)

    assert found == (content if expected is None else expected)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
        np.array(3.5, dtype=np.float32),
        np.zeros((0, 2)),
    ],
    ids=["rows", "columns", "scalar", "empty"],
)
def test_numpy_arrays_become_tensors(tmp_path: Path, array: Any, protocol: int) -> None:
    found = loaded({"a": array}, tmp_path, protocol=protocol)["a"]

    np.testing.assert_array_equal(found.numpy(), array)


def test_tensors_that_share_a_storage_are_read_each(tmp_path: Path) -> None:
    flat = torch.arange(10.0)

    found = loaded({"a": flat[:4], "b": flat[2:], "again": flat[:4]}, tmp_path)

    assert torch.equal(found["a"], flat[:4]) and torch.equal(found["b"], flat[2:])


def test_a_tensor_from_a_gpu_comes_to_the_cpu(tmp_path: Path) -> None:
    path = saved([torch.ones(2)], tmp_path, is_zip=False)
    data = path.read_bytes()
    cpu, gpu = (b"X" + len(name).to_bytes(4, "little") + name for name in (b"cpu", b"cuda:0"))
    assert data.count(cpu) == 1
    path.write_bytes(data.replace(cpu, gpu))

    found: Any = read_tensors(path)

    assert torch.equal(found[0], torch.ones(2))


def test_tensors_stay_in_the_file_until_they_are_read(tmp_path: Path) -> None:
    path = saved({"a": torch.arange(6.0).reshape(2, 3)}, tmp_path)

    with open_weights(path) as weights:
        assert isinstance(weights.content, dict)
        stored = weights.content["a"]
        assert isinstance(stored, StoredTensor)
        assert (stored.shape, stored.dtype, stored.span_bytes) == ((2, 3), "float32", 24)
        assert torch.equal(stored.read(), torch.arange(6.0).reshape(2, 3))


def test_safetensors_are_written_as_their_library_does(tmp_path: Path) -> None:
    tensors = {str(dtype): torch.arange(7).to(dtype) for dtype in DTYPES}
    tensors |= {"strided": torch.arange(12.0).reshape(3, 4).t(), "empty": torch.zeros(0, 2)}
    path = tmp_path / "ours.safetensors"

    write_safetensors(tensors, path, {"b": "ä", "a": "1"})

    theirs = safetensors.torch.load_file(path)
    assert theirs.keys() == tensors.keys()
    assert all(torch.equal(theirs[key], tensor) for key, tensor in tensors.items())
    with safetensors.safe_open(path, framework="pt") as opened:
        assert opened.metadata() == {"a": "1", "b": "ä"}


def test_safetensors_of_their_library_are_read(tmp_path: Path) -> None:
    tensors = {str(dtype): torch.arange(7).to(dtype) for dtype in DTYPES}
    path = tmp_path / "theirs.safetensors"
    safetensors.torch.save_file(tensors, path, metadata={"a": "1"})

    with open_weights(path) as weights:
        assert (weights.container, weights.metadata) == ("safetensors", {"a": "1"})
    found: Any = read_tensors(path)

    assert all(torch.equal(found[key], tensor) for key, tensor in tensors.items())


@pytest.mark.parametrize("first", [b"(", b"P", b"c", b"i"])
def test_safetensors_are_known_by_their_header_whatever_its_length(
    tmp_path: Path, first: bytes
) -> None:
    path = tmp_path / "file.safetensors"
    header = b'{"__metadata__":{"a":"b"}}'
    size = 256 + first[0]  # its lowest byte begins a pickle of protocol 0
    path.write_bytes(size.to_bytes(8, "little") + header.ljust(size))

    with open_weights(path) as weights:
        assert (weights.container, weights.metadata) == ("safetensors", {"a": "b"})


def test_written_pickles_are_what_python_reads() -> None:
    shared = Call(GlobalName("collections", "OrderedDict"), ())
    content = {"a": [1, -(2**70), 0.5, None, True, ("x", "x")], "b": shared, "c": shared}
    stream = io.BytesIO()

    PickleWriter(stream).dump(content)

    found = pickle.loads(stream.getvalue())
    assert found["a"] == content["a"]
    assert found["b"] is found["c"]


@pytest.mark.parametrize("is_parameter", [True, False], ids=["parameter", "buffer"])
def test_written_tensors_are_what_torch_reads(is_parameter: bool) -> None:
    tensor = torch.arange(12.0).reshape(3, 4).t()
    stream = io.BytesIO()

    PickleWriter(stream).dump(tensor_call(tensor, is_parameter=is_parameter))

    found = pickle.loads(stream.getvalue())
    assert isinstance(found, torch.nn.Parameter) == is_parameter
    assert torch.equal(found, tensor)


def test_what_cannot_be_written_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match="a set cannot be written"):
        PickleWriter(io.BytesIO()).dump({1})


def mutated(data: bytes, rng: np.random.RandomState) -> bytes:
    """Change, remove or insert a few bytes, mostly near the ends where the structure is."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 2, 8])):
        changed = changed or bytearray(b"x")
        near = int(rng.exponential(300))
        place = [near, len(changed) - 1 - near, rng.randint(len(changed))][rng.randint(3)]
        place = min(max(place, 0), len(changed) - 1)
        match rng.randint(4):
            case 0:
                changed[place] = rng.randint(256)
            case 1:
                del changed[place : place + rng.randint(1, 9)]
            case 2:
                changed[place:place] = bytes(
                    rng.choice(list(b".Rcb}](tq\x81\x85QuesaK"), 4).tolist()
                )
            case 3:
                del changed[place + 1 :]
    return bytes(changed)


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors", "pickle"])
def test_damage_anywhere_gives_a_value_or_one_of_our_errors(tmp_path: Path, kind: str) -> None:
    content = {"a": torch.ones(2, 3), "n": np.arange(3), "o": argparse.Namespace(x=1)}
    path = tmp_path / "file.bin"
    if kind == "safetensors":
        write_safetensors({"a": torch.ones(2, 3), "b": torch.ones(2)}, path, {"m": "x"})
    elif kind == "pickle":
        with path.open("wb") as stream:
            tensors: dict[str, Tensor] = {"a": torch.ones(2, 3), "b": torch.ones(2)}
            calls = {key: tensor_call(value, is_parameter=True) for key, value in tensors.items()}
            PickleWriter(stream).dump(calls)
    else:
        saved(content, tmp_path, is_zip=kind == "zip")
    data, rng = path.read_bytes(), np.random.RandomState(11)
    for _ in range(300):
        path.write_bytes(mutated(data, rng))

        try:
            read_tensors(path)
        except CheckpointError as error:
            assert str(error).startswith("file.bin: ") and str(error).isprintable()
            assert len(str(error)) < 400
