"""Batches over a Ray cluster: what is refused, and (slow) the same outputs as the local pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from dynode.errors import DeviceError, MissingWeightsError, OptionError
from dynode_batch import Running, batch, cluster, ray_pool
from dynode_batch.cluster import Cluster
from dynode_batch.ray_pool import _room

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed (extra cluster)"
)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (128, 128), (number * 40, 0, 0)).save(folder / f"{number}.png")
    return folder


def asked(pictures: Path, **how: Any) -> None:
    batch("edit", pictures, pictures.parent / "out", directions=("smile",), running=Running(**how))


def test_without_ray_it_says_what_to_type(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)

    with pytest.raises(MissingWeightsError, match=r"pip install 'dynode-gan\[cluster\]'"):
        asked(pictures, cluster="auto")


@needs_ray
@pytest.mark.parametrize("address", ["ray://here:10001", "here", "here:x", ":6379", "here:99999"])
def test_an_address_is_host_and_port(pictures: Path, address: str) -> None:
    with pytest.raises(OptionError, match="expected auto, or HOST:PORT"):
        asked(pictures, cluster=address)


@needs_ray
def test_a_cluster_that_does_not_answer_is_told_at_once(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceError, match="no Ray cluster answers at 127.0.0.1:1 "):
        asked(pictures, cluster="127.0.0.1:1")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:2")
    with pytest.raises(DeviceError, match="no Ray cluster answers at 127.0.0.1:2 "):
        asked(pictures, cluster="auto")


# What Ray 2 says, shortened; the first names memory as what could have been.
KILLED = "The worker died. Some common causes: (1) the process was killed by the OOM killer due to"
STARVED = "1 worker(s) were killed due to the node running low on memory."
GONE = "The actor died because its node has died. Node Id: 4f"


@pytest.mark.parametrize(
    ("told", "said"),
    [(KILLED, "SIGKILL or a crash"), (STARVED, "memory of its machine"), (GONE, "machine is gone")],
    ids=["killed", "out of memory", "machine gone"],
)
def test_a_death_is_told_by_its_own_cause(told: str, said: str) -> None:
    assert said in ray_pool._how(RuntimeError(told))


def test_gpus_per_worker_are_for_clusters(pictures: Path) -> None:
    with pytest.raises(OptionError, match="add --cluster auto"):
        asked(pictures, gpus_per_worker=1.0)


def resources(whole: dict[str, float], free: dict[str, float]) -> Any:
    return SimpleNamespace(cluster_resources=lambda: whole, available_resources=lambda: free)


@pytest.mark.parametrize(
    ("whole", "free", "gpus", "workers", "room"),
    [
        ({"CPU": 4.0}, {"CPU": 3.0}, 0.0, None, 3),
        ({"CPU": 4.0}, {"CPU": 3.0}, 0.0, 4, 4),
        ({"CPU": 16.0, "GPU": 2.0}, {"CPU": 16.0, "GPU": 2.0}, 0.5, None, 4),
    ],
)
def test_workers_are_as_many_as_there_is_room_for(
    whole: dict[str, float], free: dict[str, float], gpus: float, workers: int | None, room: int
) -> None:
    assert _room(resources(whole, free), Cluster(gpus_per_worker=gpus), workers) == room


@pytest.mark.parametrize(
    ("whole", "free", "gpus", "workers", "told"),
    [
        ({"CPU": 2.0}, {"CPU": 2.0}, 0.0, 3, "needs 3 CPUs; the cluster has 2 CPUs: at most"),
        ({"CPU": 8.0}, {"CPU": 8.0}, 1.0, None, "8 CPUs and 0 GPUs, too few for one worker"),
        ({"CPU": 2.0}, {}, 0.0, None, "2 CPUs are taken by others"),
    ],
)
def test_what_ray_would_wait_for_without_a_word_is_told(
    whole: dict[str, float], free: dict[str, float], gpus: float, workers: int | None, told: str
) -> None:
    with pytest.raises((OptionError, DeviceError), match=told):
        _room(resources(whole, free), Cluster(gpus_per_worker=gpus), workers)


# A process of its own: Ray warns, forks and keeps threads, which the rest of the tests shall not see.
_SCRIPT = """
import json, os, pathlib, sys, time
from dynode_batch.cluster import Cluster, import_ray
ray = import_ray(alone=True)
from ray.cluster_utils import Cluster as Nodes
from dynode_batch.ray_pool import run_ray
from dynode_batch.row import Row
import batch_worker_on_ray as worker

small = {"num_cpus": 1, "object_store_memory": 80_000_000}
nodes = Nodes(initialize_head=True, head_node_args={**small, "include_dashboard": False})
second = nodes.add_node(**small)
ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
folder = pathlib.Path(sys.argv[1])
told = {}
sources = ["fine", "killed once", "always killed", "always fails", *["slow"] * 6]
rows = [Row(n, source, id=f"id{n}") for n, source in enumerate(sources)]
for outcome in run_ray(worker.Job(str(folder)), rows, Cluster(nodes.address), None, folder):
    told[outcome.number] = [outcome.file, outcome.error]
    if outcome.file and sources[outcome.number] == "slow" and second:
        nodes.remove_node(second, allow_graceful=False)  # a machine is gone with its row
        second = None
pathlib.Path(sys.argv[2]).write_text(json.dumps(told))  # Ray speaks on both streams
"""
_WORKER = """
import os, pathlib, signal, time

class Job:
    def __init__(self, folder):
        self.folder = folder

    def open(self):
        return self

    def work(self, row):
        path = pathlib.Path(self.folder, str(row.number))
        with path.open("a") as stream:
            stream.write("x")
        tries = path.stat().st_size
        if row.source == "always killed" or (row.source == "killed once" and tries == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if row.source == "always fails":
            raise ValueError("odd picture")
        if row.source == "slow":
            time.sleep(1.0)
        return f"{row.number}.png", {}
"""


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    environment.pop("RAY_ADDRESS", None)
    environment.pop("DYNODE_LOAD_PLUGINS", None)  # the command is a plugin's
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        timeout=280,
        env=environment,
        check=False,
    )


@needs_ray
@pytest.mark.slow
def test_killed_actors_and_a_machine_that_is_gone_cost_tries_and_no_row(tmp_path: Path) -> None:
    (tmp_path / "batch_worker_on_ray.py").write_text(_WORKER)
    (tmp_path / "script.py").write_text(_SCRIPT)
    (tmp_path / "out").mkdir()

    done = run(tmp_path / "script.py", tmp_path / "out", tmp_path / "told.json", folder=tmp_path)

    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads((tmp_path / "told.json").read_text())
    assert {number for number, (file, _) in told.items() if not file} == {"2", "3"}
    assert len(told) == 10
    assert told["2"][1].startswith("3 workers ended while they worked on it (SIGKILL")
    assert told["3"][1] == "ValueError: odd picture"
    tries = {number: (tmp_path / "out" / str(number)).stat().st_size for number in range(10)}
    assert tries[1] == 2 and tries[2] == 3 and tries[3] == 3
    assert sum(tries[number] for number in range(4, 10)) in (6, 7)  # one at most was in work


_PORTS = """
import json, os, pathlib, sys
from dynode_batch.cluster import Cluster, connected

def below(parents):
    parent_of = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent_of[folder.name] = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            pass
    more = {pid for pid, parent in parent_of.items() if parent in parents} - parents
    return below(parents | more) if more else parents

def sockets(pid):
    for one in pathlib.Path("/proc", pid, "fd").glob("*"):
        try:
            yield os.readlink(one)
        except OSError:
            pass

with connected(Cluster()) as ray:
    ours = {name for pid in below({str(os.getpid())}) for name in sockets(pid)}
    told = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and f"socket:[{parts[9]}]" in ours:
                told.append(parts[1].split(":")[0])
    reports = ray._common.usage.usage_lib.usage_stats_enabled()
pathlib.Path(sys.argv[1]).write_text(json.dumps({"listening": told, "reports": reports}))
"""


@needs_ray
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads what listens from /proc")
def test_a_cluster_of_this_machine_listens_on_loopback_and_reports_nothing(tmp_path: Path) -> None:
    (tmp_path / "ports.py").write_text(_PORTS)

    done = run(tmp_path / "ports.py", tmp_path / "told.json", folder=tmp_path)

    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads((tmp_path / "told.json").read_text())
    loopback = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
    assert told["listening"]
    assert set(told["listening"]) <= loopback
    assert told["reports"] is False


@pytest.fixture
def outputs(pictures: Path) -> Iterator[dict[str, Path]]:
    places = {"local": pictures.parent / "local", "ray": pictures.parent / "ray"}
    for name, place in places.items():
        flags = ["--cluster", "auto"] if name == "ray" else []
        command = ["-m", "dynode", "batch", "invert", pictures, "--inverter", "e4e", "-o", place]
        done = run(*command, "--workers", "2", *flags, folder=pictures.parent)
        assert done.returncode == 0, done.stderr[-2000:]
    yield places


@needs_ray
@pytest.mark.slow
def test_ray_and_the_local_pool_give_the_same_files(outputs: dict[str, Path]) -> None:
    found = {
        name: {
            file.relative_to(place).as_posix(): file.read_bytes()
            for file in place.rglob("*")
            if file.suffix in (".safetensors", ".csv", ".png")
        }
        for name, place in outputs.items()
    }

    assert len(found["local"]) == 8
    assert found["ray"] == found["local"]
