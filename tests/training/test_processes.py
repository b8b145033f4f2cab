"""Two processes, as torchrun starts them, train like one: the first losses of every trainable."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from dynode.errors import OptionError
from dynode.training import Processes, share_norms

STEPS = 20
KINDS = ("e4e", "restyle", "mapper", "svd-rectified", "hessian-rectified")
# Of ours and of torch's batch norm: sums of 32 float32 numbers in another order.
SAME = {"atol": 1e-5, "rtol": 1e-5}

_SCRIPT = """
import json, sys
from pathlib import Path
from dynode_encoders.training.recipe import EncoderRecipe, RestyleRecipe
from dynode_encoders.training.trainer import train_encoder
from dynode.options import build_options
from dynode.distance import PixelDistance
from dynode.testing import tiny_generator
from dynode.testing.stand_ins import ColourModel
from dynode_encoders.training import trainer
from dynode.direction.weight_basis import FixedBasis, SingularBasis, layer_weight
from dynode.training import Processes
from dynode_navigan.curvature import Curvature
from dynode_navigan.lanczos import leading_pairs
from dynode_navigan.rectify import Rectification, Settings
from dynode_styleclip import mapper_training
from dynode_styleclip.options import MapperOptions
import torch

torch.set_num_threads(1)
folder, until = Path(sys.argv[1]), int(sys.argv[2])
trainer._LOG_EVERY = 1
generator = tiny_generator(16, w_dim=16, channels=4, seed=2)
tiny = {"backbone": "compact", "width": 4, "size_px": 32, "batch": 4, "latent_batch": 4,
        "learning_rate": 1e-3, "first_offset": 2, "next_offset": 1, "save_every": 10, "perceptual": 0.0,
        "until": until}
e4e = EncoderRecipe(**tiny, latent_steps=5, steps=15, latent=0.5, adversarial=0.1, average=0.9)
restyle = RestyleRecipe(**tiny, steps=20, turns=2, variant="e4e", code_norm=0.01, jitter=0.02)
for name, recipe in {"e4e": e4e, "restyle": restyle}.items():
    train_encoder(generator, recipe, folder / f"{name}.safetensors", folder=folder / name, force=True)

mapper_training.load_text_model = lambda *a, **k: ColourModel()
asked = build_options(MapperOptions, {"text": "red", "steps": 20, "batch": 4}, owner="mapper")
mapper_training.find_mapper(generator, asked, seed=0, progress=lambda *a: None, folder=folder / "mapper")

# In float64: Adam magnifies rounding where a gradient is zero but for rounding, as of a bias before a
# batch norm; the differences of float32 then grow from 4e-7 at the first step, to 0.2 at the twentieth.
generator = generator.to(dtype=torch.float64)
settings = Settings(directions=3, steps=20, batch=4, shift_scale=20, min_shift=5, predictor="lenet",
                    size_px=32, predictor_lr=1e-3, direction_lr=1e-3, shift_weight=0.05)
weight = layer_weight(generator, "b8.conv1")
fixed = torch.randn(4, *weight.shape, generator=torch.Generator().manual_seed(0))
bases = {"svd-rectified": SingularBasis.of(weight), "hessian-rectified": FixedBasis(fixed)}
for name, basis in bases.items():
    training = Rectification(generator, "b8.conv1", basis, settings, seed=0)
    training.run(keep=folder / f"{name}.keep", every=10)
    if Processes.join(generator.device).is_first:
        (folder / name).mkdir(exist_ok=True)
        lines = [json.dumps({"step": n + 1, "loss": loss}) for n, loss in enumerate(training.losses)]
        (folder / name / "log.jsonl").write_text("".join(line + chr(10) for line in lines))

together = Processes.join(generator.device)
curvature = Curvature(generator, generator.sample(3, seed=5), "b8.conv1", PixelDistance(), batch=1,
                      processes=together)
pairs = leading_pairs(curvature.product, curvature.size, 4, seed=0, like=curvature.zero, tolerance=0.0,
                      most=until, keep=folder / "hessian.keep", every=10, writes=together.is_first)
each = curvature.along(pairs.vectors[0])
found = {"values": pairs.values.tolist(), "each": each.tolist(), "renders": curvature.all_renders()}
if together.is_first:
    (folder / "hessian.json").write_text(json.dumps(found))
"""
_LOST = """
import os, signal, sys
import torch
from dynode.errors import DynodeError
from dynode.training import Processes

together = Processes.join(torch.device("cpu"))
try:
    for step in range(9):
        if together.rank == 2 and step == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        together.mean(torch.ones(3))
except DynodeError as error:
    print(f"error: {error}", file=sys.stderr)
    raise SystemExit(error.exit_code)
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def run(script: Path, folder: Path, count: int, until: int = STEPS) -> None:
    folder.mkdir(exist_ok=True)
    for code, told in processes(script, count, str(folder), str(until)):
        assert code == 0, told[-2000:]


def processes(script: Path, count: int, *arguments: str) -> list[tuple[int, str]]:
    """Run a script in several processes; return exit code and standard error of each."""
    shared = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    command = [sys.executable, str(script), *arguments]
    started = [
        subprocess.Popen(
            command,
            env=os.environ | shared | {"RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    told = [process.communicate(timeout=280)[1] for process in started]
    return [(process.returncode, text) for process, text in zip(started, told, strict=True)]


def losses(folder: Path, kind: str) -> list[float]:
    lines = (folder / kind / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, STEPS + 1))
    return [json.loads(line)["loss"] for line in lines]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all trainables in one process, in two, and in two that stop half way for one to go on."""
    folder = tmp_path_factory.mktemp("runs")
    script = folder / "script.py"
    script.write_text(_SCRIPT)
    run(script, folder / "one", 1)
    run(script, folder / "two", 2)
    run(script, folder / "resumed", 2, until=10)
    run(script, folder / "resumed", 1)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["two", "resumed"])
def test_the_losses_of_two_processes_are_those_of_one(runs: Path, kind: str, how: str) -> None:
    assert losses(runs / how, kind) == pytest.approx(losses(runs / "one", kind), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["two", "resumed"])
def test_the_hessian_of_two_processes_is_that_of_one(runs: Path, how: str) -> None:
    found, alone = (json.loads((runs / name / "hessian.json").read_text()) for name in (how, "one"))

    # float64; a search that goes on orthogonalises what it read again
    assert found["values"] == pytest.approx(alone["values"], rel=1e-9)
    assert found["each"] == pytest.approx(alone["each"], rel=1e-6)
    assert found["renders"] <= alone["renders"]  # what fits in one chunk of a process is kept


@pytest.mark.slow
def test_a_process_that_is_gone_ends_the_others_with_one_line(tmp_path: Path) -> None:
    script = tmp_path / "lost.py"
    script.write_text(_LOST)

    (first, one), (second, two), (third, _) = processes(script, 3)

    assert (first, second, third) == (1, 1, -9)
    [line] = [line for line in (one + two).splitlines() if not line.startswith("[")]
    assert line.startswith("error: another process of this training is gone, so all end")


def test_a_share_is_every_nth_item_and_all_of_them_make_the_batch() -> None:
    shares = [list(range(6))[Processes(rank, 3).share(6)] for rank in range(3)]

    assert shares == [[0, 3], [1, 4], [2, 5]]
    with pytest.raises(OptionError, match="--batch is 5"):
        Processes(0, 2).share(5)


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_a_shared_norm_equals_torchs(
    kind: type[nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    # One process has the whole batch here, so the sum over all processes is what it holds.
    monkeypatch.setattr(Processes, "sum", lambda self, values: values)
    torch.manual_seed(0)
    shape = (8, 3, 2, 2) if kind is nn.BatchNorm2d else (8, 3)
    ours, theirs = kind(3), kind(3)
    values = torch.randn(shape) * 3 + 1
    found, expected = (values.clone().requires_grad_() for _ in range(2))
    share_norms(ours, Processes(0, 2))
    weights = torch.randn(shape)

    for norm, given in ((ours, found), (theirs, expected)):
        (norm(given) * weights).sum().backward()

    torch.testing.assert_close(ours(values), theirs(values), **SAME)
    torch.testing.assert_close(found.grad, expected.grad, **SAME)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean, **SAME)
    torch.testing.assert_close(ours.running_var, theirs.running_var, **SAME)
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(values), theirs(values), **SAME)
