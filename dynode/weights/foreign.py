"""Name what a file is when it is no weights file: mostly a download that went wrong."""

from __future__ import annotations

from pathlib import Path

from dynode.errors import CheckpointError
from dynode.weights.refusals import corrupt, unsupported

_SIGNATURES = {
    b"\x1f\x8b": "gzip archive",
    b"BZh": "bzip2 archive",
    b"\xfd7zXZ": "xz archive",
    b"7z\xbc\xaf": "7-Zip archive",
    b"Rar!": "RAR archive",
    b"\x89PNG": "PNG picture",
    b"\xff\xd8\xff": "JPEG picture",
    b"\x93NUMPY": "numpy array",
    b"\x89HDF": "HDF5 file",
    b"%PDF": "PDF document",
    b"\x7fELF": "program",
    b"#!": "script",
}


def explain_foreign(path: Path, head: bytes) -> CheckpointError:
    """Make the error for a file that no reader knows.

    Args:
        path: The file.
        head: Its first bytes, about 4000 of them.
    """
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return corrupt(path, "the file is empty", "download it again")
    if text.startswith(b"version https://git-lfs"):
        return corrupt(
            path, "it is a Git LFS pointer, not the weights", "run 'git lfs pull' in its repository"
        )
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script", b"<?xml", b"<error")):
        return _web_page(path, text)
    if text.startswith((b"{", b"[")):
        return corrupt(path, "it is a JSON text, not weights", "download the weights themselves")
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return unsupported(path, f"it is a {kind}, not weights", "give the path of the weights")
    if head[257:262] == b"ustar":
        return unsupported(
            path,
            "it is a tar archive, as torch older than 0.1.10 wrote",
            "unpack it if the weights are inside, or save it again with a newer torch",
        )
    return unsupported(
        path,
        "it is none of the known weights files (torch .pt, NVIDIA .pkl, .safetensors)",
        "check that it is the right file and was downloaded whole",
    )


def _web_page(path: Path, text: bytes) -> CheckpointError:
    if b"google drive" in text or b"drive.google.com" in text:
        return corrupt(
            path,
            "it is Google Drive's warning page (too large to scan, or quota exceeded), not the weights",
            "download it with a browser and confirm there",
        )
    return corrupt(
        path, "it is a web page, not weights", "open its address in a browser and download the file"
    )
