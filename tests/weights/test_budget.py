"""A pickle of a few bytes shares its values as often as it likes: what that makes is bounded."""

from __future__ import annotations

import io
import pickle
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dynode.errors import CheckpointError, CorruptCheckpointError, UnsafeCheckpointError
from dynode.quoting import quoted
from dynode.stylegan2.checkpoints import inspect_checkpoint
from dynode.weights import read_tensors

SECONDS = 5.0
PROTOCOL = b"\x80\x02"


def text(value: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value


def call(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def get(index: int) -> bytes:
    return b"h" + bytes([index])


def put(index: int) -> bytes:
    return b"q" + bytes([index])


def laughs(levels: int, *, first: bytes = text(b"lol")) -> bytes:
    """Push a tuple of ten tuples of ten ... of the first value, each level one value shared."""
    made = first + put(0)
    for level in range(levels):
        made += b"(" + get(level) * 10 + b"t" + put(level + 1)
    return made


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/byteorder", "little")
    return stream.getvalue()


def state_of_a_numpy_type() -> bytes:
    dtype = call("numpy", "dtype") + b"(U\x02f4tR"
    return PROTOCOL + laughs(30) + b"0" + dtype + get(30) + b"b."


def size() -> bytes:
    return zipped(PROTOCOL + laughs(30) + b"0" + call("torch", "Size") + get(30) + b"\x85R.")


def shape_of_a_tensor() -> bytes:
    storage = b"(" + text(b"storage") + call("torch", "FloatStorage") + text(b"0") + text(b"cpu")
    tensor = call("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + b"K\x00tQK\x00"
    content = PROTOCOL + laughs(30) + b"0" + tensor + get(30) * 2 + b"tR."
    stream = io.BytesIO(zipped(content))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("archive/data/0", b"")
    return stream.getvalue()


def joined(module: str, name: str) -> Callable[[], bytes]:
    def make() -> bytes:
        calls = b"".join(
            b"0" + call(module, name) + b"(" + get(i) * 10 + b"tR" + put(i + 1) for i in range(8)
        )
        return zipped(PROTOCOL + text(b"x" * 2**20) + put(0) + calls + b".")

    return make


def bytes_copied() -> bytes:
    encode = call("_codecs", "encode") + get(0) + get(1) + b"\x86R"
    head = text(b"x" * 2**20) + put(0) + text(b"latin1") + put(1)
    return PROTOCOL + head + encode * 30_000 + b"."


def dictionaries_copied() -> bytes:
    pairs = b"](" + b"".join(b"J" + struct.pack("<i", i) + b"N\x86" for i in range(20_000)) + b"e"
    copy = call("collections", "OrderedDict") + get(0) + b"\x85R"
    return PROTOCOL + pairs + put(0) + copy * 10_000 + b"."


def sets_copied() -> bytes:
    items = b"](" + b"".join(b"J" + struct.pack("<i", i) for i in range(50_000)) + b"e"
    return PROTOCOL + items + put(0) + (call("builtins", "set") + get(0) + b"\x85R") * 10_000 + b"."


def sizes_copied() -> bytes:
    items = b"](" + b"K\x01" * 100_000 + b"e"
    copy = call("torch", "Size") + get(0) + b"\x85R"
    return zipped(PROTOCOL + items + put(0) + copy * 10_000 + b".")


def states_copied() -> bytes:
    keys = b"".join(text(b"%d" % i) + b"N" for i in range(50_000))
    copy = call("argparse", "Namespace") + b")\x81" + get(0) + b"b"
    return zipped(PROTOCOL + b"}(" + keys + b"u" + put(0) + copy * 10_000 + b".")


def record(children: bytes) -> bytes:
    """A module of NVIDIA's networks; `children` pushes the dictionary of its modules."""
    state = b"}(" + text(b"_modules") + children + b"u"
    fields = text(b"type") + text(b"class") + text(b"class_name") + text(b"G")
    call_it = call("torch_utils.persistence", "_reconstruct_persistent_obj")
    return call_it + b"}(" + fields + text(b"state") + state + b"u\x85R"


def modules_shared() -> bytes:
    content = record(b"}") + put(0)
    for level in range(19):
        names = b"".join(text(b"%d" % i) + get(level) for i in range(10))
        content += b"0" + record(b"}(" + names + b"u") + put(level + 1)
    return PROTOCOL + b"}" + put(200) + content + b"0" + get(200) + text(b"G_ema") + get(19) + b"s."


def storages_parsed_again() -> bytes:
    stream = b"".join(
        pickle.dumps(part, protocol=2)
        for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    )
    empty = b"(" + text(b"storage") + call("torch", "FloatStorage") + text(b"0") + text(b"cpu")
    stream += PROTOCOL + empty + b"K\x00NtQ." + PROTOCOL + b"](" + text(b"0") + b"e." + bytes(8)
    held = text(b"." * 40) + b"0B" + struct.pack("<I", len(stream)) + stream + put(0) + b"0"
    return PROTOCOL + held + (call("torch.storage", "_load_from_bytes") + get(0) + b"\x85R") * 9**5


SHARED, COPIES, TEXT = "a tuple, a tuple", "copies the same values", "makes more text than it holds"
HOSTILE = {
    "shared values in the state of a numpy type": (state_of_a_numpy_type, SHARED),
    "shared values as a size": (size, SHARED),
    "shared values as the shape of a tensor": (shape_of_a_tensor, SHARED),
    "a text joined to paths of paths": (joined("pathlib", "PosixPath"), TEXT),
    "a text joined to devices of devices": (joined("torch", "device"), TEXT),
    "bytes copied from one text": (bytes_copied, TEXT),
    "dictionaries copied from one list": (dictionaries_copied, COPIES),
    "sets copied from one list": (sets_copied, COPIES),
    "sizes copied from one list": (sizes_copied, "impossible shape '[1, 1, 1"),
    "attributes copied from one dictionary": (states_copied, COPIES),
    "modules that share their modules": (modules_shared, "repeated without end"),
    "a storage parsed again and again": (storages_parsed_again, "500,000 instructions"),
}


@pytest.mark.robust(kind="H")
@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_pickle_makes_is_bounded(tmp_path: Path, case: str) -> None:
    make, words = HOSTILE[case]
    path = tmp_path / "hostile.pkl"
    path.write_bytes(make())
    start = time.process_time()

    with pytest.raises(CheckpointError) as raised:
        inspect_checkpoint(path)

    assert time.process_time() - start < SECONDS
    message = str(raised.value)
    assert message.startswith("hostile.pkl: ") and words in message
    assert message.isprintable() and len(message) < 400


def views(count: int) -> bytes:
    """A megabyte that many tensors look into."""
    storage = b"(" + text(b"storage") + call("torch", "ByteStorage") + text(b"0") + text(b"cpu")
    head = call("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + b"J\x00\x00\x10\x00tQ"
    one = head + b"K\x00J\x00\x00\x10\x00\x85K\x01\x85tR"
    content = (
        PROTOCOL + b"}(" + b"".join(text(b"mapper.%d" % i) + one for i in range(count)) + b"u."
    )
    stream = io.BytesIO(zipped(content))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("archive/data/0", bytes(2**20))
    return stream.getvalue()


@pytest.mark.robust(kind="H", member="a thousand tensors in one megabyte")
def test_tensors_together_are_no_larger_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "views.pt"
    path.write_bytes(views(1000))

    with pytest.raises(UnsafeCheckpointError, match="together are larger than the file"):
        read_tensors(path)


def test_a_tensor_may_be_stored_once_and_named_twice(tmp_path: Path) -> None:
    path = tmp_path / "views.pt"
    path.write_bytes(views(2))

    content = read_tensors(path)

    assert isinstance(content, dict) and {len(part) for part in content.values()} == {2**20}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((1, 2), "'(1, 2)'"),
        ((1,), "'(1,)'"),
        ([[1], "a\nb"], r'''"[[1], 'a\\nb']"'''),
        ({"a": 1}, "'a dictionary of 1'"),
        ("x" * 100, "'" + "x" * 59 + "…'"),
        (((((1,),),),), "'((a tuple,),)'"),
        ((7,) * 20, "'(" + "7, " * 16 + "…)'"),
        (None, "'None'"),
    ],
)
def test_only_the_beginning_of_a_value_is_quoted(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_a_foreign_error_of_a_reader_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.pt"
    path.write_bytes(zipped(PROTOCOL + b"}.")[:-30])

    with pytest.raises(CorruptCheckpointError, match=r"^cut\.pt: "):
        read_tensors(path)
