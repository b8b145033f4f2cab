"""Weights files that try to run code: refused by name, nothing run, in every container."""

from __future__ import annotations

import argparse
import builtins
import copyreg
import io
import os
import pickle
import subprocess
import timeit
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynode.errors import CheckpointError, UnsafeCheckpointError
from dynode.stylegan2.checkpoints import inspect_checkpoint, read_checkpoint
from dynode.weights import read_tensors

MAGIC = 0x1950A86A20F9469CFC6C
SYSTEM = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
EXTENSION = 240


class Reduced:
    """Pickles as a call of a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


class Exactly:
    """Pickles by its own `__reduce_ex__`, nested in harmless values."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce_ex__(self, protocol: int) -> tuple[Any, ...]:
        return os.system, (self.command,)


def text(value: str) -> bytes:
    raw = value.encode()
    return pickle.BINUNICODE + len(raw).to_bytes(4, "little") + raw


def touch(canary: Path) -> str:
    return f"touch {canary}"


def opening(canary: Path) -> str:
    return f"open({str(canary)!r}, 'w').close()"


def dumped(make: Callable[[Path], object], protocol: int = 2) -> Callable[[Path], bytes]:
    return lambda canary: pickle.dumps(make(canary), protocol=protocol)


def raw(*parts: bytes | Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    return lambda canary: (
        b"\x80\x04" + b"".join(part if isinstance(part, bytes) else part(canary) for part in parts)
    )


def command(canary: Path) -> bytes:
    return text(touch(canary))


def setstate_of_a_known_class(canary: Path) -> bytes:
    """Set `__setstate__` of the class Namespace to `os.system`, then set an instance's state."""
    change = pickle.NONE + b"}" + text("__setstate__") + b"cos\nsystem\n" + b"s\x86b0"
    instance = b"cargparse\nNamespace\n)\x81" + command(canary) + b"b"
    return b"\x80\x04" + b"cargparse\nNamespace\n" + change + instance + b"."


# Each of these runs when Python's own unpickler reads it (a test below makes sure).
RUNS: dict[str, Callable[[Path], bytes]] = {
    "os.system": dumped(lambda c: Reduced(os.system, touch(c))),
    "os.system, protocol 0": dumped(lambda c: Reduced(os.system, touch(c)), protocol=0),
    "os.system, protocol 4": dumped(lambda c: Reduced(os.system, touch(c)), protocol=4),
    "eval": dumped(lambda c: Reduced(eval, opening(c))),
    "eval under its Python 2 name": lambda c: (
        b"\x80\x02c__builtin__\neval\n" + text(opening(c)) + b"\x85R."
    ),
    "exec": dumped(lambda c: Reduced(exec, opening(c)), protocol=5),
    "a chain of getattr": raw(
        b"cbuiltins\ngetattr\ncbuiltins\n__import__\n",
        text("os"),
        b"\x85R",
        text("system"),
        b"\x86R",
        command,
        b"\x85R.",
    ),
    "subprocess": dumped(lambda c: Reduced(subprocess.call, ["touch", str(c)])),
    "timeit": dumped(lambda c: Reduced(timeit.timeit, opening(c), "pass", timeit.default_timer, 1)),
    "a nested __reduce_ex__": dumped(
        lambda c: {"g_ema": {"style.1.weight": [(Exactly(touch(c)),)]}}
    ),
    "beside a state": dumped(lambda c: {"args": Reduced(os.system, touch(c)), "g_ema": {}}),
    "a pickle in a pickle": dumped(
        lambda c: Reduced(pickle.loads, pickle.dumps(Reduced(os.system, touch(c)))), protocol=4
    ),
    "a numpy array of objects": dumped(
        lambda c: np.array([Reduced(os.system, touch(c)), 1], dtype=object), protocol=4
    ),
    "INST": raw(b"(", command, b"ios\nsystem\n."),
    "OBJ": raw(b"(cos\nsystem\n", command, b"o."),
    "EXT1": raw(bytes([0x82, EXTENSION]), command, b"\x85R."),
    "a dotted name in a known module": raw(
        text("argparse"), text("_os.system"), b"\x93", command, b"\x85R."
    ),
    "BUILD on a known class": setstate_of_a_known_class,
}

# These name, build or refer to what data never needs.
ASKS: dict[str, Callable[[Path], bytes]] = {
    "copyreg._reconstructor": raw(
        b"ccopyreg\n_reconstructor\ncargparse\nNamespace\ncbuiltins\nobject\nN\x87R."
    ),
    "a Namespace of another module": raw(b"cevil\nNamespace\n)\x81}", text("a"), b"NsbN."),
    "a subclass hidden behind a known class": raw(b"cargparse\nNamespace.__subclasses__\n)R."),
    "a state that is no dictionary": raw(b"cargparse\nNamespace\n)\x81", command, b"b."),
    "BUILD on a list": raw(b"]}", text("append"), b"cos\nsystem\nsb."),
    "NEWOBJ_EX": raw(b"cargparse\nNamespace\n)}\x92."),
    "EXT4": raw(b"\x84\xff\xff\xff\x7f."),
    "a call of data": raw(b"}", command, b"\x85R."),
    "a call with a list": raw(b"cargparse\nNamespace\n]R."),
    "arguments where none belong": raw(b"cargparse\nNamespace\n", command, b"\x85R."),
    "set of calls": raw(b"cbuiltins\nset\n](", b"cos\nsystem\n", b"e\x85R."),
    "an element type as a function": raw(b"ctorch\nFloatStorage\n", command, b"\x85R."),
    "a whole module": raw(b"ctorch.nn.modules.linear\nLinear\n)\x81}b."),
    "torch's own loader": raw(b"ctorch.serialization\nload\n", command, b"\x85R."),
    "torch's unrestricted storage loader": raw(
        b"ctorch.storage\n_load_from_bytes\n", lambda c: b"B\x02\x00\x00\x00N.", b"\x85R."
    ),
    "a parameter with state": raw(b"ctorch._utils\n_rebuild_parameter_with_state\n(NNNNtR."),
    "a persistent id that is a call": raw(b"(", text("module"), b"cos\nsystem\n", command, b"tQ."),
    "a persistent id in text": raw(b"Pos.system\n."),
    "a persistent id of another kind": raw(b"(", text("storage"), text("os"), command, b"tQ."),
    "a persistent id of a number": raw(b"K\x07Q."),
    "codecs that unpickle": raw(b"c_codecs\ndecode\n", command, text("pickle"), b"\x86R."),
    "_codecs.encode with a strange codec": raw(
        b"c_codecs\nencode\n", command, text("zip"), b"\x86R."
    ),
    "a numpy type of objects": raw(b"cnumpy\ndtype\n", text("O8"), b"\x89\x88\x87R."),
    "a numpy array by its class": raw(b"cnumpy\nndarray\n(K\x01\x85tR."),
    "an out-of-band buffer": raw(b"\x97."),
}
ALL = RUNS | ASKS


def bare(content: bytes) -> bytes:
    return content


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return stream.getvalue()


def legacy(content: bytes) -> bytes:
    head = b"".join(pickle.dumps(part, protocol=2) for part in (MAGIC, 1001, SYSTEM))
    return head + content + pickle.dumps([], protocol=2)


CONTAINERS = {"pickle": bare, "torch zip": zipped, "torch legacy": legacy}


@pytest.fixture(autouse=True)
def _extension() -> Iterator[None]:
    copyreg.add_extension("os", "system", EXTENSION)
    yield
    copyreg.remove_extension("os", "system", EXTENSION)


def assert_refused(path: Path, canary: Path, error: type[CheckpointError]) -> str:
    """Every way of reading fails with one clear line, and nothing ran."""
    messages = []
    for read in (read_checkpoint, inspect_checkpoint, read_tensors):
        with pytest.raises(error) as raised:
            read(path)
        messages.append(str(raised.value))
        assert not canary.exists()
        assert raised.value.exit_code == 1
    for message in messages:
        assert "\n" not in message and message.isprintable()
        assert len(message) < 400
        assert path.name in message
    return messages[0]


@pytest.mark.parametrize("attack", RUNS)
def test_python_itself_would_have_run_it(tmp_path: Path, attack: str) -> None:
    canary = tmp_path / "canary"

    try:
        pickle.loads(RUNS[attack](canary))
    finally:
        if "__setstate__" in vars(argparse.Namespace):
            del argparse.Namespace.__setstate__

    assert canary.exists()


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("attack", ALL)
def test_nothing_of_an_attack_runs(tmp_path: Path, attack: str, container: str) -> None:
    canary = tmp_path / "canary"
    path = tmp_path / "weights.pkl"
    path.write_bytes(CONTAINERS[container](ALL[attack](canary)))

    message = assert_refused(path, canary, CheckpointError)

    if container == "torch zip" or attack != "torch's unrestricted storage loader":
        assert "nothing of it was run" in message


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_asked_name_is_quoted(tmp_path: Path, container: str) -> None:
    path = tmp_path / "weights.pkl"
    path.write_bytes(CONTAINERS[container](b"\x80\x02cos\nsystem\n."))

    with pytest.raises(UnsafeCheckpointError, match=r"asks for 'os\.system', which is not on"):
        read_checkpoint(path)


def persistent(canary: Path, state: dict[str, object]) -> bytes:
    """A record of the NVIDIA persistence whose source text would write the canary."""
    record = {
        "type": "class",
        "version": 6,
        "module_src": f"{opening(canary)}\nclass Generator: pass",
        "class_name": "Generator",
        "state": state,
    }
    inner = pickle.dumps(record, protocol=3)[2:-1]  # without the header and the final STOP
    call = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n" + inner + b"\x85R"
    return b"\x80\x03}" + text("G_ema") + call + b"s."


def test_the_source_text_of_a_record_is_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    path = tmp_path / "network.pkl"
    path.write_bytes(persistent(canary, {"_parameters": {}, "_modules": {}}))

    for read in (read_checkpoint, inspect_checkpoint):
        with pytest.raises(CheckpointError, match=r"^network\.pkl: "):
            read(path)
    assert not canary.exists()


@pytest.mark.parametrize("position", range(5))
def test_an_attack_inside_a_stored_storage_does_not_run(tmp_path: Path, position: int) -> None:
    canary = tmp_path / "canary"
    parts = [pickle.dumps(part, protocol=2) for part in (MAGIC, 1001, SYSTEM, None, [])]
    parts[position] = RUNS["os.system"](canary)
    stream = b"".join(parts)
    load = b"ctorch.storage\n_load_from_bytes\nB" + len(stream).to_bytes(4, "little") + stream
    path = tmp_path / "network.pkl"
    path.write_bytes(b"\x80\x03}" + text("G_ema") + load + b"\x85Rs.")

    assert_refused(path, canary, CheckpointError)


@pytest.mark.parametrize("member", ["archive/constants.pkl", "archive/code/__torch__.py"])
def test_a_torchscript_archive_is_named(tmp_path: Path, member: str) -> None:
    stream = io.BytesIO(zipped(pickle.dumps({}, protocol=2)))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(member, b"x")
    path = tmp_path / "model.pt"
    path.write_bytes(stream.getvalue())

    message = assert_refused(path, tmp_path / "canary", UnsafeCheckpointError)

    assert "TorchScript" in message


def test_no_module_is_imported_on_a_file_s_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.pkl"
    path.write_bytes(b"\x80\x02cthis\ns\n.")
    read = read_tensors

    def refuse(name: str, *rest: object) -> object:
        raise AssertionError(f"{name} was imported")

    with monkeypatch.context() as patch, pytest.raises(UnsafeCheckpointError):
        patch.setattr(builtins, "__import__", refuse)
        read(path)


def test_a_file_name_cannot_forge_the_message(tmp_path: Path) -> None:
    path = tmp_path / ("line\nbreak\x1b[31m" + "x" * 200 + ".pkl")
    path.write_bytes(b"\x80\x02cos\nsystem\n.")

    with pytest.raises(UnsafeCheckpointError) as raised:
        read_checkpoint(path)

    message = str(raised.value)
    assert message.isprintable() and len(message) < 400
    assert message.startswith("line?break?[31mxxx")


def test_a_name_in_a_file_cannot_forge_the_message(tmp_path: Path) -> None:
    path = tmp_path / "weights.pkl"
    path.write_bytes(b"\x80\x04" + text("os\x1b[2J\n") + text("x" * 5000) + b"\x93.")

    message = assert_refused(path, tmp_path / "canary", UnsafeCheckpointError)

    assert "x…'" in message
