"""Files built to exhaust memory or time, or that declare what they do not hold: refused quickly."""

from __future__ import annotations

import functools
import io
import json
import pickle
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode.errors import (
    CheckpointError,
    CorruptCheckpointError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)
from dynode.stylegan2.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from dynode.stylegan2.checkpoints.collecting import native_shapes
from dynode.stylegan2.config import GeneratorConfig
from dynode.weights import read_tensors

# Generous for a busy machine; each takes well under a second on an idle one, save the longest.
SECONDS = 20.0
# Beyond the interpreter with torch; the files are at most 40 MB.
MEMORY = 400 * 2**20
MAGIC = 0x1950A86A20F9469CFC6C
LONG = b"\xff" * 7 + b"\x7f"
CONFIG = GeneratorConfig(8, {4: 512, 8: 512}, mapping_layers=1)


@functools.cache
def good(layout: str) -> bytes:
    """A small file in one of the layouts; `legacy` is the old container."""
    state = {key: torch.ones(shape) for key, shape in native_shapes(CONFIG).items()}
    checkpoint = Checkpoint("dynode", CONFIG, state)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "good"
        write_checkpoint(checkpoint, path, "rosinality" if layout == "legacy" else layout)
        if layout == "legacy":
            content = torch.load(path, weights_only=True)
            torch.save(content, path, _use_new_zipfile_serialization=False)
        return path.read_bytes()


def torch_file(content: object, *, is_zip: bool = True) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=is_zip)
    return stream.getvalue()


def archive(members: dict[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def in_pickle(*parts: bytes) -> bytes:
    return b"\x80\x04" + b"".join(parts)


def in_zip(*parts: bytes, **members: bytes) -> bytes:
    named = {f"archive/data/{name[1:]}": content for name, content in members.items()}
    return archive({"archive/data.pkl": b"\x80\x02" + b"".join(parts), **named})


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + len(raw).to_bytes(4, "little") + raw


def integer(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def storage(count: int, key: str = "0") -> bytes:
    reference = text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    return b"(" + reference + integer(count) + b"tQ"


def tensor(count: int, shape: list[int], strides: list[int], offset: int = 0) -> bytes:
    sizes, steps = (b"(" + b"".join(map(integer, part)) + b"t" for part in (shape, strides))
    arguments = storage(count) + integer(offset) + sizes + steps + b"\x89}"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


def one_tensor(count: int, shape: list[int], strides: list[int], offset: int = 0) -> bytes:
    """A torch file of one tensor whose storage holds four floats."""
    return in_zip(b"}", text("a"), tensor(count, shape, strides, offset), b"s.", _0=b"\0" * 16)


def doubling(levels: int) -> bytes:
    """A list that holds the one below it twice: exponential if it is copied, linear as it is."""
    step = b"](h\x00h\x00e\x94".replace(b"h\x00", b"j%s")
    parts = [b"]\x94"]
    for level in range(levels):
        index = level.to_bytes(4, "little")
        parts.append(step.replace(b"%s", index))
    return in_pickle(*parts, b".")


def safetensors(header: object, data: bytes = b"", *, size: int | None = None) -> bytes:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(head) if size is None else size) + head + data


def entry(shape: list[Any], offsets: list[Any], kind: str = "F32") -> bytes:
    return safetensors({"a": {"dtype": kind, "shape": shape, "data_offsets": offsets}}, b"\0" * 16)


def many_views() -> bytes:
    """A thousand tensors that each look at all of one storage."""
    flat = torch.zeros(2**18)
    return torch_file({f"style.{index}.weight": flat.view(512, 512) for index in range(1000)})


def network_of_views() -> bytes:
    """A whole generator whose tensors all look into one storage."""
    flat = torch.zeros(512 * 512 * 9 + 512)
    content: dict[str, Tensor] = {}
    for index in range(1, 60):
        content[f"style.{index}.weight"] = flat[: 512 * 512].view(512, 512)
        content[f"style.{index}.bias"] = flat[:512]
    loaded = torch.load(io.BytesIO(good("rosinality")), weights_only=True)["g_ema"]
    return torch_file({"g_ema": {k: v for k, v in loaded.items() if "style" not in k} | content})


def change(data: bytes, position: int, new: bytes) -> bytes:
    return data[:position] + new + data[position + len(new) :]


def end_record(field: int, value: int, *, layout: str = "<I") -> bytes:
    """An archive whose end record states another size or offset of its directory."""
    data = archive({"archive/data.pkl": b"\x80\x02}."})
    return change(data, data.rindex(b"PK\x05\x06") + field, struct.pack(layout, value))


def legacy_with_keys(keys: list[object]) -> bytes:
    """A file in the old container with one storage and another list of storages."""
    system = {"little_endian": True}
    head = b"".join(pickle.dumps(part, protocol=2) for part in (MAGIC, 1001, system))
    reference = storage(4).replace(b"tQ", b"NtQ")
    return head + b"\x80\x02" + reference + b"." + pickle.dumps(keys, protocol=2) + b"\0" * 64


def long_record(field: int, value: int) -> bytes:
    """The same with the fields of the zip64 end record, which torch writes always."""
    data = torch_file({"a": torch.ones(3)})
    if b"PK\x06\x06" not in data:
        pytest.skip("this torch writes no zip64 record")
    return change(data, data.rindex(b"PK\x06\x06") + field, struct.pack("<Q", value))


CORRUPT, UNSAFE, UNSUPPORTED = (
    CorruptCheckpointError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)
Case = tuple[Callable[[], bytes], type[CheckpointError], str]

ABSURD: dict[str, Case] = {
    "a shape beyond the storage": (
        lambda: one_tensor(4, [10**6, 10**6], [10**6, 1]),
        CORRUPT,
        "lies outside its storage of 4 elements",
    ),
    "a storage beyond the file": (
        lambda: one_tensor(10**12, [10**6, 10**6], [10**6, 1]),
        CORRUPT,
        "declares 1,000,000,000,000 elements of float32 and has 16 bytes",
    ),
    "an expanded view": (lambda: one_tensor(4, [10**6, 10**6], [0, 0]), CORRUPT, "lies outside"),
    "an overflowing shape": (lambda: one_tensor(4, [2**40] * 3, [1, 1, 1]), CORRUPT, "impossible"),
    "a zero in an overflowing shape": (
        lambda: one_tensor(4, [0, 2**62, 2**62], [1, 1, 1]),
        CORRUPT,
        "impossible shape",
    ),
    "a negative shape": (lambda: one_tensor(4, [-2, -2], [1, 1]), CORRUPT, "impossible shape"),
    "a negative stride": (lambda: one_tensor(4, [2, 2], [1, -1]), CORRUPT, "impossible shape"),
    "a negative offset": (lambda: one_tensor(4, [2], [1], -1), CORRUPT, "impossible shape"),
    "an offset beyond": (lambda: one_tensor(4, [2], [1], 3), CORRUPT, "lies outside"),
    "a negative storage": (lambda: one_tensor(-4, [2], [1]), CORRUPT, "storage of -4 elements"),
    "a hundred axes": (lambda: one_tensor(4, [1] * 100, [1] * 100), CORRUPT, "impossible shape"),
    "a missing storage": (
        lambda: in_zip(b"}", text("a"), tensor(4, [2], [1]), b"s."),
        CORRUPT,
        "'archive/data/0' is missing",
    ),
    "a storage of two types": (
        lambda: in_zip(
            b"](",
            storage(4),
            storage(4).replace(b"Float", b"Half"),
            b"e.",
            _0=b"\0" * 16,
        ),
        CORRUPT,
        "in two ways",
    ),
    "an escaping storage name": (
        lambda: in_zip(storage(4, "../../../etc/passwd"), b"."),
        CORRUPT,
        "is missing in it",
    ),
    "views that multiply": (many_views, UNSUPPORTED, "no StyleGAN2 checkpoint"),
    "a network of views": (network_of_views, UNSAFE, "together are larger than the file"),
    "compressed members": (
        lambda: archive(
            {"archive/data.pkl": b"\x80\x02}.", "archive/data/0": b"\0" * 10**7},
            method=zipfile.ZIP_DEFLATED,
        ),
        UNSAFE,
        "is compressed, which torch never does",
    ),
    "a member twice": (
        lambda: archive({"archive/data.pkl": b"\x80\x02}.", "archive/data.pkk": b""}).replace(
            b"data.pkk", b"data.pkl"
        ),
        UNSAFE,
        "'archive/data.pkl' twice",
    ),
    "a directory beyond the file": (lambda: end_record(16, 2**31), CORRUPT, "lies outside of it"),
    "a directory of 4 GB": (lambda: end_record(12, 2**32 - 2), UNSAFE, "takes 4,294,967,294 bytes"),
    "a damaged directory": (lambda: end_record(16, 7), CORRUPT, "directory is damaged"),
    "a huge zip64 directory": (lambda: long_record(40, 2**63), UNSAFE, "zip directory takes"),
    "a far zip64 directory": (lambda: long_record(48, 2**63), CORRUPT, "lies outside"),
    "a list of keys of another length": (
        lambda: (
            torch_file({"a": torch.ones(3)}, is_zip=False).replace(b"]q\x00X", b"]q\x00(", 1)
            if False
            else torch_file({"a": torch.ones(3)}, is_zip=False)[:-30]
        ),
        CORRUPT,
        "truncated",
    ),
    "an unknown storage in the list": (
        lambda: legacy_with_keys(["1"]),
        CORRUPT,
        "list of storages does not match",
    ),
    "a list of storages that is a list of lists": (
        lambda: legacy_with_keys([[]]),
        CORRUPT,
        "list of storages does not match",
    ),
    "another count at the storage": (
        lambda: legacy_with_keys(["0"]),
        CORRUPT,
        "a storage of 4 elements holds 0",
    ),
    "another magic number": (
        lambda: b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little") + b"0N." + b"\x80\x02N." * 2,
        CORRUPT,
        "does not go on like one",
    ),
    "a long text that is not there": (
        lambda: in_pickle(b"X\xff\xff\xff\xff."),
        CORRUPT,
        "truncated",
    ),
    "an endless text": (lambda: in_pickle(b"\x8d" + LONG), CORRUPT, "truncated"),
    "endless bytes": (lambda: in_pickle(b"\x8e" + LONG), CORRUPT, "truncated"),
    "a text of 40 MB": (
        lambda: in_pickle(b"X" + (40 * 2**20).to_bytes(4, "little") + b"a" * (40 * 2**20) + b"."),
        UNSAFE,
        "bytes of text",
    ),
    "text that is not UTF-8": (lambda: in_pickle(b"\x8c\x02\xff\xfe."), CORRUPT, "not UTF-8"),
    "an integer of 2 GB": (lambda: in_pickle(b"\x8b\xff\xff\xff\x7f."), UNSAFE, "LONG4"),
    "an integer of 255 bytes": (
        lambda: in_pickle(b"\x8a\xff" + b"\x01" * 255 + b"."),
        UNSAFE,
        "an integer of 255 bytes",
    ),
    "a memo index of two thousand million": (
        lambda: in_pickle(b"Nr\xff\xff\xff\x7f."),
        UNSUPPORTED,
        "it holds a NoneType",
    ),
    "an unknown memo index": (lambda: in_pickle(b"j\x05\0\0\0."), CORRUPT, "damaged"),
    "endless instructions": (lambda: in_pickle(b"N0" * 2**18), UNSAFE, "500,000 instructions"),
    "a full stack": (lambda: in_pickle(b"N" * 2**19), UNSAFE, "500,000 instructions"),
    "half a million sets": (lambda: in_pickle(b"\x8f" * 2**19), UNSAFE, "500,000 instructions"),
    "endless marks": (lambda: in_pickle(b"(" * 10**5), UNSAFE, "nested more than 1,000 deep"),
    "a deep tuple": (lambda: in_pickle(b"N" + b"\x85" * 400_000, b"."), UNSUPPORTED, "a tuple"),
    "a deep list": (
        lambda: in_pickle(b"]" * 500 + b"a" * 499 + b"."),
        UNSUPPORTED,
        "it holds a list",
    ),
    "a thousand million laughs": (lambda: doubling(200), UNSUPPORTED, "it holds a list"),
    "a list in itself": (lambda: in_pickle(b"]\x94j\0\0\0\0a."), UNSUPPORTED, "it holds a list"),
    "a dictionary in itself": (
        lambda: in_pickle(b"}\x94", text("g_ema"), b"j\0\0\0\0s."),
        UNSUPPORTED,
        "the entries 'g_ema'",
    ),
    "keys of one hash": (
        lambda: in_pickle(b"}(", *(integer(i * (2**61 - 1)) + b"N" for i in range(1, 10)), b"u."),
        UNSAFE,
        "a int as a key",
    ),
    "a key that is a tuple": (lambda: in_pickle(b"}N\x85Ns."), UNSAFE, "a tuple as a key"),
    "an empty stack": (lambda: in_pickle(b"R."), CORRUPT, "damaged"),
    "no mark": (lambda: in_pickle(b"u."), CORRUPT, "damaged"),
    "an odd number of items": (lambda: in_pickle(b"}(NNNu."), CORRUPT, "damaged"),
    "an unknown instruction": (lambda: in_pickle(b"\xf0."), CORRUPT, "damaged"),
    "a name without an end": (lambda: in_pickle(b"c" + b"a" * 10**6), CORRUPT, "has no end"),
    "a safetensors header beyond the file": (
        lambda: safetensors({}, size=2**62) + b" " * 10,
        CORRUPT,
        "truncated",
    ),
    "a safetensors header of 33 MB": (
        lambda: safetensors(b'{"a":1}' + b" " * (33 * 2**20)),
        UNSAFE,
        "its header takes",
    ),
    "a nested safetensors header": (
        lambda: safetensors(b'{"a":' + b"[" * 10**5),
        CORRUPT,
        "header is damaged",
    ),
    "a number of a million digits": (
        lambda: safetensors(b'{"a":' + b"9" * 10**6 + b"}"),
        CORRUPT,
        "header is damaged",
    ),
    "a safetensors header that is cut": (lambda: safetensors(b'{"a'), CORRUPT, "header is damaged"),
    "a shape beyond its data": (
        lambda: entry([2**40, 2**40], [0, 16]),
        CORRUPT,
        "declares the shape",
    ),
    "negative sizes": (lambda: entry([-2, -2], [0, 16]), CORRUPT, "impossible shape"),
    "a size that is no number": (lambda: entry([True, 4.0], [0, 16]), CORRUPT, "'a' is damaged"),
    "offsets beyond the file": (lambda: entry([4], [0, 2**40]), CORRUPT, "truncated"),
    "offsets backwards": (lambda: entry([4], [16, 0]), CORRUPT, "truncated"),
    "an unknown element type": (lambda: entry([4], [0, 16], "F8_E5M2"), UNSUPPORTED, "'F8_E5M2'"),
    "metadata that is no text": (
        lambda: safetensors({"__metadata__": {"dynode.format": 3}}),
        CORRUPT,
        "metadata is not text",
    ),
}


def read_refused(path: Path, error: type[CheckpointError]) -> str:
    start = time.process_time()
    with pytest.raises(error) as raised:
        read_checkpoint(path)
    assert time.process_time() - start < SECONDS
    message = str(raised.value)
    assert message.startswith(f"{path.name}: ")
    assert message.isprintable() and len(message) < 400
    assert raised.value.exit_code == 1
    return message


@pytest.mark.parametrize("case", ABSURD)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    make, error, words = ABSURD[case]
    path = tmp_path / "weights.bin"
    path.write_bytes(make())

    message = read_refused(path, error)

    assert words in message


@pytest.mark.slow
def test_all_bad_files_together_stay_within_bounded_memory(tmp_path: Path) -> None:
    for index, (make, _, _) in enumerate(ABSURD.values()):
        (tmp_path / f"{index}.bin").write_bytes(make())
    script = """
        import pathlib, resource, sys
        import torch
        from dynode.errors import DynodeError
        from dynode.stylegan2.checkpoints import read_checkpoint
        from dynode.stylegan2.checkpoints.collecting import native_shapes
        from dynode.stylegan2.config import GeneratorConfig
        from dynode.weights import read_tensors

        native_shapes(GeneratorConfig(8, {4: 8, 8: 8}))
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for path in pathlib.Path(sys.argv[1]).iterdir():
            for read in (read_checkpoint, read_tensors):
                try:
                    read(path)
                except DynodeError:
                    pass
        print("done")
    """
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc to know how much memory the interpreter holds")
    arguments = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path), str(MEMORY)]

    ran = subprocess.run(arguments, capture_output=True, text=True, timeout=250, check=False)

    assert ran.stdout == "done\n", ran.stderr[-2000:]


def test_shared_values_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "laughs.pkl"
    path.write_bytes(doubling(60))

    value: Any = read_tensors(path)

    assert value[0] is value[1]


def test_values_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pkl"
    path.write_bytes(in_pickle(b"]\x94j\0\0\0\0a."))

    with pytest.raises(UnsafeCheckpointError, match="nested without end"):
        read_tensors(path)


def test_views_that_multiply_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "views.pt"
    path.write_bytes(many_views())

    with pytest.raises(UnsafeCheckpointError, match="larger than the file"):
        read_tensors(path)
