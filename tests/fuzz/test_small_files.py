"""Small files that once cost gigabytes or minutes, each read in 5 s of processor time and 600 MB."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

MOST_BYTES = 600 * 10**6
SECONDS = 5.0
PROTOCOL = b"\x80\x02"


def text(value: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/byteorder", "little")
    return stream.getvalue()


def paths_joined() -> bytes:
    calls = b"".join(
        b"0cpathlib\nPosixPath\n(" + (b"h" + bytes([i])) * 10 + b"tRq" + bytes([i + 1])
        for i in range(8)
    )
    return zipped(PROTOCOL + text(b"x" * 2**20) + b"q\x00" + calls + b".")


def bytes_copied() -> bytes:
    head = text(b"x" * 2**20) + b"q\x00" + text(b"latin1") + b"q\x01"
    return PROTOCOL + head + b"c_codecs\nencode\nh\x00h\x01\x86R" * 30_000 + b"."


def dictionaries_copied() -> bytes:
    pairs = b"](" + b"".join(b"J" + struct.pack("<i", i) + b"N\x86" for i in range(20_000)) + b"e"
    return PROTOCOL + pairs + b"q\x00" + b"ccollections\nOrderedDict\nh\x00\x85R" * 10_000 + b"."


def safetensors(head: dict[str, str], tensors: dict[str, np.ndarray]) -> bytes:
    names = {"float32": "F32", "float64": "F64"}
    header: dict[str, object] = {"__metadata__": head}
    body = b""
    for name, part in tensors.items():
        offsets = [len(body), len(body) + part.nbytes]
        header[name] = {
            "dtype": names[part.dtype.name],
            "shape": list(part.shape),
            "data_offsets": offsets,
        }
        body += part.tobytes()
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written + body


def direction(space: str, kind: object, **tensors: np.ndarray) -> bytes:
    info = {"name": "d", "scale": 1.0, "calibration": {}}
    head = {"format": "dynode.direction", "version": "1", "space": space}
    return safetensors(head | {"kind": json.dumps(kind), "info": json.dumps(info)}, tensors)


def floats(*shape: int, kind: str = "f4") -> np.ndarray:
    return np.ones(shape, kind)


def path(**config: int) -> bytes:
    field = {"rank": 4, "begin": 0.0, "end": 3.0, "width": 8, "depth": 2, **config}
    piece = {"begin": 0.0, "end": 3.0, "kind": "mlp", "config": field}
    told = {"shape": [12, 512], "weight_layers": [], "pieces": [piece], "options": {}}
    tensors = {
        "delta": floats(12, 512),
        "path.times": np.arange(4, dtype="f8"),
        "path.start": floats(4),
        "path.space.mean": floats(6144),
        "path.space.scale": floats(4),
        "path.space.basis": floats(4, 6144),
        "path.observed.w": floats(4, 12, 512),
    }
    return direction("w+", {"path": told}, **tensors)


def mapper_without_tensors() -> bytes:
    kind = {"groups": [[0, 10**9]] * 10, "width": 10**6, "depth": 0, "normalize_rows": True}
    return direction("mapper", kind | {"scale": 1.0})


def large_weight() -> bytes:
    kind = {"layer": "b16.conv0", "shape": [50000, 50000, 1, 1]}
    return direction("weights", kind, left=floats(50000, 1), right=floats(1, 50000))


def latents_of_factors() -> bytes:
    key = "weights.0.b16.conv0"
    tensors = {
        "w": floats(1, 12, 512),
        f"{key}.coefficients": floats(1, 1),
        f"{key}.down": floats(1, 50000, 1, 1),
        f"{key}.up": floats(50000, 1),
    }
    return safetensors({"format": "dynode.latents", "version": "2"}, tensors)


def array_of_zeros() -> bytes:
    """1 MB of zip that unpacks to 1 GB of zeros."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (2**28,)}
    )
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(header.getvalue())
        for _ in range(2**10):
            member.write(bytes(2**20))
    return stream.getvalue()


def array_that_ends_early() -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f4", "fortran_order": False, "shape": (5 * 2**28,)}
    )
    return stream.getvalue() + bytes(64)


def mapper_of_empty_weights() -> bytes:
    """StyleCLIP's published mapper: its first weight has 30,000 rows of no width."""
    state = {
        f"mapper.mapping.mapping.{layer}.{part}": torch.zeros(30000, 0)
        for layer in range(1, 5)
        for part in ("weight", "bias")
    }
    stream = io.BytesIO()
    torch.save({"state_dict": state, "opts": {}}, stream)
    return stream.getvalue()


def style_mapper_of_vectors() -> bytes:
    """Another, whose weights are vectors: as wide as they say, and no matrices."""
    state = {
        f"mapper.mapper_0.mapping.{layer}.{part}": torch.zeros(30000)
        for layer in range(1, 5)
        for part in ("weight", "bias")
    }
    stream = io.BytesIO()
    torch.save({"state_dict": state, "opts": {}}, stream)
    return stream.getvalue()


def encoder_of_many_units() -> bytes:
    config = {
        "kind": "CompactEncoder",
        "rows": 10**7,
        "size": [32, 32],
        "widths": [8] * 4,
        "units": [10**7] * 4,
    }
    head = {"format": "dynode.encoder", "config": json.dumps(config)}
    return safetensors(head, {"encoder.a": floats(1), "latent_avg": floats(1, 512)})


SMALL = {
    "a text joined to paths of paths": ("checkpoint", paths_joined),
    "bytes copied from one text": ("checkpoint", bytes_copied),
    "a mapper of depth 0": ("direction", mapper_without_tensors),
    "factors of a weight of 10 GB": ("direction", large_weight),
    "a path of a field 30,000 wide": ("direction", lambda: path(width=30000, depth=4)),
    "a path of a field of ten million layers": ("direction", lambda: path(depth=10**7)),
    "dictionaries copied from one list": ("checkpoint", dictionaries_copied),
    "latents with factors of 10 GB": ("latents", latents_of_factors),
    "an array of 1 GB of zeros, packed": ("array", array_of_zeros),
    "an array that declares 5 GB": ("array", array_that_ends_early),
    "a published mapper of empty weights": ("array", mapper_of_empty_weights),
    "a published mapper of vectors": ("array", style_mapper_of_vectors),
    "an encoder of ten million units": ("encoder", encoder_of_many_units),
}

SCRIPT = """
    import json, pathlib, sys, time
    from dynode.direction import load_direction
    from dynode_encoders.reading import read_encoder
    from dynode.errors import DynodeError
    from dynode.importing import import_directions
    from dynode.latents import Latents
    from dynode.stylegan2.checkpoints import inspect_checkpoint

    readers = dict(direction=load_direction, checkpoint=inspect_checkpoint, latents=Latents.load,
                   array=import_directions, encoder=read_encoder)
    try:  # whatever is imported at first use
        inspect_checkpoint(pathlib.Path(json.__file__))
    except DynodeError:
        pass
    print("ready", flush=True)
    for line in sys.stdin:
        name, reader = line.split()
        start = time.process_time()
        try:
            readers[reader](pathlib.Path(name))
            said = "was read"
        except DynodeError as error:
            said = str(error)
        told = pathlib.Path("/proc/self/status").read_text()  # getrusage counts the parent, too
        peak = int(told.partition("VmHWM:")[2].split()[0]) * 1024
        print(json.dumps([said, time.process_time() - start, peak]), flush=True)
"""


@pytest.fixture(scope="module")
def reader() -> object:
    """A process that reads what it is told to, and says what it took."""
    script = textwrap.dedent(SCRIPT)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
@pytest.mark.robust(kind="H")
@pytest.mark.parametrize("case", SMALL)
def test_a_small_file_takes_little(tmp_path: Path, reader: subprocess.Popen, case: str) -> None:
    kind, make = SMALL[case]
    file = tmp_path / "small"
    file.write_bytes(make())
    assert reader.stdin is not None and reader.stdout is not None

    reader.stdin.write(f"{file} {kind}\n")
    reader.stdin.flush()
    said, seconds, peak = json.loads(reader.stdout.readline())

    assert "small" in said and said.isprintable()
    assert seconds < SECONDS
    assert peak < MOST_BYTES
