"""Files that are no weights: downloads that failed, other networks, files cut short."""

from __future__ import annotations

import functools
import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dynode.errors import (
    CheckpointError,
    CorruptCheckpointError,
    MissingWeightsError,
    UnsupportedCheckpointError,
)
from dynode.stylegan2.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from dynode.stylegan2.checkpoints.collecting import native_shapes
from dynode.stylegan2.config import GeneratorConfig

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


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(f"archive/{name.replace('_', '.')}", content)
    return stream.getvalue()


def safetensors(header: object, data: bytes) -> bytes:
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


OTHER = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
HTML = b"<!DOCTYPE html><html><head><title>%s</title></head><body>no weights</body></html>"
CORRUPT, UNSUPPORTED = CorruptCheckpointError, UnsupportedCheckpointError
Case = tuple[Callable[[], bytes], type[CheckpointError], str]

DOWNLOADS: dict[str, Case] = {
    "empty": (lambda: b"", CORRUPT, "the file is empty"),
    "web page": (lambda: HTML % b"Not found", CORRUPT, "a web page"),
    "web page after blank lines": (lambda: b"\n\n  " + HTML % b"x", CORRUPT, "a web page"),
    "web page with a byte order mark": (lambda: b"\xef\xbb\xbf" + HTML % b"x", CORRUPT, "web page"),
    "Google Drive's warning": (
        lambda: HTML % b"Google Drive - Virus scan warning",
        CORRUPT,
        "Google Drive's warning page",
    ),
    "XML of a storage service": (
        lambda: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        CORRUPT,
        "a web page",
    ),
    "Git LFS pointer": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        CORRUPT,
        "Git LFS pointer",
    ),
    "JSON error": (lambda: b'{"error": "no access"}', CORRUPT, "a JSON text"),
    "gzip": (lambda: b"\x1f\x8b\x08" + b"\0" * 50, UNSUPPORTED, "gzip archive"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, UNSUPPORTED, "PNG picture"),
    "numpy": (lambda: b"\x93NUMPY" + b"\0" * 50, UNSUPPORTED, "numpy array"),
    "tar of old torch": (
        lambda: b"sys_info" + b"\0" * 249 + b"ustar" + b"\0" * 250,
        UNSUPPORTED,
        "older than 0.1.10",
    ),
    "zeros": (lambda: b"\0" * 5000, UNSUPPORTED, "none of the known weights files"),
    "text": (lambda: b"hello\n", UNSUPPORTED, "none of the known weights files"),
    "zip of something else": (
        lambda: archive(readme_txt=b"hello"),
        UNSUPPORTED,
        "without torch content (it holds 'archive/readme.txt')",
    ),
    "another network": (
        lambda: torch_file({"layer1.0.conv1.weight": torch.ones(3), "fc.bias": torch.ones(2)}),
        UNSUPPORTED,
        "no StyleGAN2 checkpoint; it holds the entries 'layer1.0.conv1.weight', 'fc.bias'",
    ),
    "a single tensor": (lambda: torch_file(torch.ones(3)), UNSUPPORTED, "a StoredTensor"),
    "an empty dictionary": (lambda: torch_file({}), UNSUPPORTED, "it holds nothing"),
    "other safetensors": (lambda: safetensors(OTHER, b"\0" * 4), UNSUPPORTED, "the entries 'a'"),
    "a TensorFlow pickle": (
        lambda: b"\x80\x04cdnnlib.tflib.network\nNetwork\n)\x81.",
        UNSUPPORTED,
        "TensorFlow StyleGAN2 pickle",
    ),
    "a TensorFlow pickle with its state": (
        lambda: b"\x80\x04cdnnlib.tflib.network\nNetwork\n)\x81}b0NNN\x87.",
        UNSUPPORTED,
        "convert it with 'legacy.py'",
    ),
    "a big-endian file": (
        lambda: archive(data_pkl=b"\x80\x02}.", byteorder=b"big"),
        UNSUPPORTED,
        "big-endian",
    ),
}


def read_refused(path: Path, error: type[CheckpointError]) -> str:
    with pytest.raises(error) as raised:
        read_checkpoint(path)
    message = str(raised.value)
    assert message.startswith(f"{path.name}: ")
    assert message.isprintable() and len(message) < 400
    assert raised.value.exit_code == 1
    return message


@pytest.mark.parametrize("case", DOWNLOADS)
def test_what_is_no_weights_file_is_named(tmp_path: Path, case: str) -> None:
    make, error, words = DOWNLOADS[case]
    path = tmp_path / "weights.bin"
    path.write_bytes(make())

    message = read_refused(path, error)

    assert words in message


@pytest.mark.parametrize("layout", ["rosinality", "legacy", "nvlabs", "dynode"])
@pytest.mark.parametrize("share", [0.0001, 0.001, 0.3, 0.9, 0.999, 0.99999])
def test_a_truncated_file_is_refused(tmp_path: Path, layout: str, share: float) -> None:
    whole = good(layout)
    path = tmp_path / "weights.bin"
    path.write_bytes(whole[: int(len(whole) * share)])

    message = read_refused(path, CorruptCheckpointError)

    assert "truncated" in message


@pytest.mark.parametrize("layout", ["rosinality", "legacy", "nvlabs", "dynode"])
def test_the_whole_file_is_read(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(good(layout))

    assert read_checkpoint(path).generator == CONFIG


def test_an_absent_file_exits_with_3(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"^gone\.pt cannot be opened") as raised:
        read_checkpoint(tmp_path / "gone.pt")

    assert raised.value.exit_code == 3


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptCheckpointError, match="it is not a file"):
        read_checkpoint(tmp_path)
