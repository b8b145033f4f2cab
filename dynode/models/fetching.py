"""Fetching checkpoints: resumed, checked against a hash, never half there."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from pathlib import Path

import pooch
import requests

from dynode.errors import CorruptCheckpointError, MissingWeightsError, OptionError
from dynode.models.folder import cache_folder
from dynode.models.known import KnownModel, known_models, record
from dynode.plugins.methods import Progress, silent

_CHUNK = 1 << 20
_TIMEOUT_S = 30
_WHOLE_HASH = 64


def fetch(
    model: KnownModel, *, mirror: str = "", trust: bool = False, progress: Progress = silent
) -> Path:
    """Download a model into the cache, or check the copy that is there.

    An interrupted download goes on where it stopped. A model without a recorded hash is only taken
    with `trust`; its hash is then recorded and checked from then on.

    Args:
        model: What to fetch.
        mirror: Another address of the file, for this time; empty for its own.
        trust: Take the file although no hash is known for it.
        progress: Called with bytes done and bytes in all.

    Returns:
        The checked file.

    Raises:
        OptionError: The name is no file name, the hash is none, or the name is taken.
        MissingWeightsError: There is no hash and `trust` is off, or the address does not answer.
        CorruptCheckpointError: The hash differs, or a web page came instead of weights.
    """
    _check_words(model)
    path = cache_folder() / model.filename
    if not model.sha256 and not trust:
        raise MissingWeightsError(
            f"no sha256 is recorded for {model.name} ({model.url}); pass the publisher's with --sha256, "
            f"or --trust to take the file as it comes and record its hash"
        )
    if not model.sha256:
        _check_untaken(model, path)
    _retrieve(dataclasses.replace(model, url=mirror or model.url), path, progress)
    record(dataclasses.replace(model, sha256=pooch.file_hash(str(path), alg="sha256")))
    return path


def _retrieve(model: KnownModel, path: Path, progress: Progress) -> None:
    """Download a model to its place, unless the file is there already with the hash it should have."""

    def download(url: str, output: str, _: object) -> None:
        _download(url, Path(output), _part_of(path, url), progress)

    # pooch compares whole hashes; of a beginning the file is checked once it is there
    known_hash = f"sha256:{model.sha256}" if len(model.sha256) == _WHOLE_HASH else None
    logging.getLogger("pooch").setLevel(logging.ERROR)
    try:
        pooch.retrieve(model.url, known_hash, model.filename, cache_folder(), downloader=download)
        if not pooch.file_hash(str(path), alg="sha256").startswith(model.sha256.lower()):
            path.unlink()
            raise ValueError
    except (requests.RequestException, OSError) as error:
        raise MissingWeightsError(
            f"{model.url} cannot be fetched ({_reason(error)}); check address and network and run the "
            f"same command again (it goes on where it stopped), or put the file at {path}"
        ) from error
    except ValueError as error:
        raise CorruptCheckpointError(
            f"what {model.url} sent is not {model.name}: its sha256 differs from {model.sha256}; "
            f"nothing was kept, fetch it again or check the hash with the publisher"
        ) from error


def _check_words(model: KnownModel) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", model.name):
        raise OptionError(
            f"{model.name!r} is no name for a model; expected letters, digits, '.', '-' and '_'"
        )
    if model.sha256 and not re.fullmatch(r"[0-9A-Fa-f]{64}|[0-9a-f]{8}", model.sha256):
        raise OptionError(f"{model.sha256!r} is no sha256; expected 64 hexadecimal digits")


def _check_untaken(model: KnownModel, path: Path) -> None:
    """Without a hash to compare with, a file of the same name from elsewhere would be mistaken."""
    recorded = known_models().get(model.name)
    if path.is_file() and recorded is not None and recorded.url != model.url:
        raise OptionError(
            f"the name {model.name} is taken by {recorded.url}; choose another name, or pass --sha256 "
            f"to replace {path}"
        )


def _part_of(path: Path, url: str) -> Path:
    """Name the file that keeps what came so far, another one for every address."""
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    return path.with_name(f"{path.name}.{mark}.part")


def _reason(error: requests.RequestException | OSError) -> str:
    answer = getattr(error, "response", None)
    if answer is not None:
        return f"{answer.status_code} {answer.reason}"
    return type(error).__name__


def _download(url: str, output: Path, part: Path, progress: Progress) -> None:
    """Download to `part`, going on where an earlier try stopped, then move it to `output`."""
    done = part.stat().st_size if part.exists() else 0
    # Compressed on the way, neither the length nor a range would be that of the file.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable and done:
            part.unlink()
            return _download(url, output, part, progress)
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        done = done if resumed else 0
        total = done + int(answer.headers.get("Content-Length", 0))
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(done, total, "bytes")
    if total and done < total:
        raise requests.ConnectionError(f"{done} of {total} bytes came")
    _refuse_page(part, url)
    part.replace(output)


def _refuse_page(part: Path, url: str) -> None:
    with part.open("rb") as file:
        head = file.read(512).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<?xml")):
        part.unlink()
        raise CorruptCheckpointError(
            f"{url} sent a web page instead of weights (a login, quota or warning page); open it in a "
            f"browser, save the file itself and pass its path"
        )
