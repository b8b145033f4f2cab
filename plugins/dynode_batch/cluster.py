"""Reaching a Ray cluster, or starting one on this machine that nobody else can reach."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from dynode.errors import DeviceError, MissingWeightsError, OptionError

_REACH_S = 5.0
_STORE_BYTES = 80_000_000  # the least Ray takes; rows and outcomes are small, files go past it
# Read when Ray is imported. The first keeps it from reporting to its makers.
_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
# With the first Ray binds to 127.0.0.1 alone, as it does on systems without clusters. The second keeps
# workers from standing back behind everything else on the machine, which Ray lets them do.
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_worker_niceness": "0"}


_NO_RAY = (
    "--cluster needs Ray, which is not installed; type: pip install 'dynode-gan[cluster]' (without --cluster "
    "the batch runs on this machine)"
)


@dataclass(frozen=True)
class Cluster:
    """Which cluster works, and what a worker gets of it.

    Attributes:
        address: `auto` for the one that `RAY_ADDRESS` names, else one started on this machine; or HOST:PORT.
        gpus_per_worker: GPUs of a worker, parts of one allowed; 0 computes on processors.
        cores: Processors of a cluster that is started here.
    """

    address: str = "auto"
    gpus_per_worker: float = 0.0
    cores: int = 1

    @property
    def named(self) -> str | None:
        """The address of a cluster that runs already; None where one is to be started."""
        return os.environ.get("RAY_ADDRESS") if self.address == "auto" else self.address

    def check(self) -> None:
        """See that Ray is there and that something answers, before a list is read.

        Raises:
            MissingWeightsError: Ray is not installed.
            OptionError: The address is none.
            DeviceError: Nothing answers there.
        """
        if find_spec("ray") is None:
            raise MissingWeightsError(_NO_RAY)
        if self.named is not None:
            _check_reachable(self.named)


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Give Ray's module, connected; what was connected here is let go at the end.

    Args:
        cluster: Which.

    Raises:
        MissingWeightsError: Ray is not installed.
        DeviceError: Ray cannot use the cluster.
    """
    address = cluster.named
    ray = import_ray(alone=address is None)
    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    here = {
        "address": "local",
        "num_cpus": cluster.cores,
        "include_dashboard": False,
        "object_store_memory": _STORE_BYTES,
    }
    try:
        ray.init(**quiet, **({"address": address} if address else here))
    except Exception as error:  # Ray raises RuntimeError, ConnectionError, ValueError and its own
        told = " ".join(str(error).split())[:200]
        raise DeviceError(f"Ray cannot use the cluster {address or 'here'}: {told}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def import_ray(*, alone: bool) -> Any:
    """Import Ray, with its reports off.

    Args:
        alone: A cluster of this machine is wanted; its ports are on loopback.

    Raises:
        MissingWeightsError: Ray is not installed.
    """
    os.environ.update(_SETTINGS | (_ALONE if alone else {}))
    try:
        import ray
    except ImportError as error:
        raise MissingWeightsError(_NO_RAY) from error
    return ray


def _check_reachable(address: str) -> None:
    """Ask whether anything listens; Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536 or "/" in host:
        raise OptionError(
            f"--cluster is {address!r}; expected auto, or HOST:PORT as 'ray start --head' shows it (no "
            f"ray://, no http://)"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_S).close()
    except OSError as error:
        raise DeviceError(
            f"no Ray cluster answers at {address} ({error.strerror or error}); start one with 'ray start "
            f"--head', or leave out --cluster"
        ) from error
