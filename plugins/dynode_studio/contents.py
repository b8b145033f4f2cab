"""What a state refers to and cannot say: codes and directions, kept by the hash of their bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dynode.direction import Direction, load_direction
from dynode.errors import UsageError
from dynode.latents import Latents

LARGEST = 64 * 2**20  # bytes of all of them


class Contents:
    """Bytes by key. A key is a hash, so no path can be asked for."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        """Return the bytes of a key.

        Raises:
            UsageError: There are none.
        """
        if key not in self._bytes:
            raise UsageError(f"nothing is kept as {key[:40]!r}; open the file again")
        return self._bytes[key]

    def add(self, content: bytes) -> str:
        """Keep bytes and return their key.

        Raises:
            UsageError: All of them would be too large.
        """
        if sum(map(len, self._bytes.values())) + len(content) > LARGEST:
            raise UsageError(
                f"directions and codes take more than {LARGEST // 2**20} MiB; remove some sliders, or open "
                f"the studio anew"
            )
        key = hashlib.sha256(content).hexdigest()[:32]
        self._bytes[key] = content
        return key

    def add_direction(self, direction: Direction) -> str:
        """Keep a direction as its file."""
        with tempfile.TemporaryDirectory(prefix="dynode-studio-") as folder:
            path = Path(folder) / "direction.safetensors"
            direction.save(path)
            return self.add(path.read_bytes())

    def add_latents(self, latents: Latents, fingerprint: str) -> str:
        """Keep codes as their file."""
        with tempfile.TemporaryDirectory(prefix="dynode-studio-") as folder:
            path = Path(folder) / "codes.safetensors"
            latents.save(path, fingerprint=fingerprint)
            return self.add(path.read_bytes())

    def direction(self, key: str) -> Direction:
        """Read a kept direction, as a stranger's file.

        Raises:
            DynodeError: It is none.
        """
        with tempfile.TemporaryDirectory(prefix="dynode-studio-") as folder:
            path = Path(folder) / "direction.safetensors"
            path.write_bytes(self[key])
            return load_direction(path)

    def latents(self, key: str, fingerprint: str) -> Latents:
        """Read kept codes, as a stranger's file.

        Raises:
            DynodeError: They are none, or of another generator.
        """
        with tempfile.TemporaryDirectory(prefix="dynode-studio-") as folder:
            path = Path(folder) / "codes.safetensors"
            path.write_bytes(self[key])
            return Latents.load(path, fingerprint=fingerprint)

    def to_values(self, keys: set[str]) -> dict[str, str]:
        """Return some of them as JSON values."""
        return {key: base64.b64encode(self[key]).decode() for key in sorted(keys)}

    def take(self, values: object) -> None:
        """Keep what `to_values` gave.

        Raises:
            UsageError: It is something else, or its bytes have another hash.
        """
        if not isinstance(values, Mapping):
            raise UsageError("the contents are no table; the file was not written by the studio")
        for key, text in values.items():
            try:
                content = base64.b64decode(text, validate=True)
            except (TypeError, ValueError, binascii.Error) as error:
                raise UsageError("the contents are damaged; save the work again") from error
            if self.add(content) != key:
                raise UsageError("the contents are not what was saved; save the work again")
