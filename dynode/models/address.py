"""Addresses where a file is expected: `hf://owner/repo/file` and `https://…`, fetched once into the cache."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from dynode.errors import MissingWeightsError, OptionError
from dynode.models.known import KnownModel, known_models

_TIMEOUT_S = 30
_HUB = "https://huggingface.co"


def is_address(text: object) -> bool:
    """Say whether a text is an address and no path: it begins with `hf://` or `https://`."""
    return isinstance(text, str) and text.startswith(("hf://", "https://"))


def described(address: str) -> KnownModel:
    """Describe what lies at an address; of `hf://` the hub is asked for licence, size and hash.

    Args:
        address: `hf://owner/repo/path/of/file`, or `https://…`.

    Raises:
        OptionError: It is no address of a file.
        MissingWeightsError: The hub does not answer, or has no such file.
    """
    url = _url(address)
    if not address.startswith("hf://"):
        return KnownModel(_name(address), url, "unknown", "unknown", kind="file")
    owner, repo, file = _parts(address)
    told = _asked(f"{_hub()}/api/models/{owner}/{repo}?blobs=true", address)
    listed = {str(each.get("rfilename")): each for each in told.get("siblings", [])}
    if file not in listed:
        some = ", ".join(sorted(listed)[:5]) or "nothing"
        raise MissingWeightsError(f"{owner}/{repo} has no {file}; it holds {some}")
    blob = listed[file].get("lfs") or {}
    licence = (told.get("cardData") or {}).get("license") or "unknown"
    size = round(int(listed[file].get("size") or 0) / 1e6)
    sha256 = str(blob.get("sha256", ""))
    return KnownModel(
        _name(address), url, str(licence), "unknown", sha256, kind="file", megabytes=size
    )


def fetched_path(address: str) -> Path:
    """Return the file that was fetched from an address.

    Raises:
        OptionError: It is no address of a file.
        MissingWeightsError: Nothing was fetched from there yet.
    """
    from dynode.models.cache import present

    url = _url(address)
    for model in known_models().values():
        if model.url == url and (path := present(model)) is not None:
            return path
    raise MissingWeightsError(
        f"{address} is not on this machine yet; fetch it once, which shows its licence and keeps its hash: "
        f"dynode models fetch {address}"
    )


def _url(address: str) -> str:
    if address.startswith("hf://"):
        owner, repo, file = _parts(address)
        return f"{_hub()}/{owner}/{repo}/resolve/main/{file}"
    if not re.fullmatch(r"https://[^/\s]+/\S*[^/\s]", address):
        raise OptionError(f"{address!r} names no file; expected https://host/path/of/file")
    return address


def _parts(address: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"hf://([\w.-]+)/([\w.-]+)/([\w./ +-]*[\w+-])", address)
    if found is None:
        raise OptionError(f"{address!r} names no file; expected hf://owner/repo/path/of/file")
    owner, repo, file = found.groups()
    return owner, repo, file


def _name(address: str) -> str:
    """Name the file in the cache: what it is called, and a mark of where it is from."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(address.split("?")[0]).stem).lstrip("._-")
    return f"{stem or 'file'}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def _hub() -> str:
    return os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")


def _asked(url: str, address: str) -> dict[str, Any]:
    import requests

    try:
        answer = requests.get(url, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        told = answer.json()
    except (requests.RequestException, ValueError) as error:
        code = getattr(getattr(error, "response", None), "status_code", None)
        why = f"answer {code}" if code else type(error).__name__
        raise MissingWeightsError(
            f"{address} cannot be looked up at {_hub()} ({why}); check owner, repository and network"
        ) from error
    if not isinstance(told, dict):
        raise MissingWeightsError(f"{_hub()} told nothing of {address}; check HF_ENDPOINT")
    return told
