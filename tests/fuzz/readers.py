"""Every reader of files from strangers, with small good files of the kind it reads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from dynode.checking.finding import find_plugins
from dynode.crop import read_landmarks
from dynode.crop.geometry import FaceFrame
from dynode.direction import PathDirection, RowMapper, StyleMapper, StyleMapperDirection
from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.style import StyleDirection
from dynode.direction.weight import WeightDirection
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.trajectory import Trajectory
from dynode.generator.loading import load_generator
from dynode.importing import ImportRequest, import_codes, import_directions
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.latents.weight_offset import LowRankOffset
from dynode.media.clip import open_clip
from dynode.media.images import read_image
from dynode.media.picture_set import open_pictures
from dynode.pipeline.codes import read_times
from dynode.pipeline.convert import read_class_names
from dynode.pipeline.directions import load_any
from dynode.plugins import registry
from dynode.scoring.labels import read_labels
from dynode.scoring.torchscript import load_torchscript
from dynode.stylegan2.checkpoints import Checkpoint, inspect_checkpoint, write_checkpoint
from dynode.stylegan2.checkpoints.rosinality import generator_entries
from dynode.testing import tiny_generator
from dynode.testing.videos import write_test_video
from dynode.training.run import Run
from dynode.weights import read_tensors, write_safetensors
from dynode_batch.listing import read_list
from dynode_clip.weights import read_clip
from dynode_encoders.config import EncoderConfig
from dynode_encoders.network import Encoder
from dynode_encoders.reading import read_encoder, write_encoder
from dynode_ganspace.coordinate import CoordinateDirection
from dynode_ganspace.plugin import CoordinateKind
from dynode_studio.contents import Contents
from dynode_studio.saving import from_json, to_json
from dynode_studio.state import Slider, Source, State
from dynode_studio.variants import Work
from dynode_stylegan_v.code_clips import read_code_clips
from dynode_stylegan_v.file import read_network, write_network
from dynode_stylegan_v.moving_file import read_moving, write_moving
from dynode_stylegan_v.published import read_generator as read_published_video
from dynode_stylegan_v.published_writer import write_published
from dynode_stylegan_v.tiny import tiny_moving_generator, tiny_video_generator

Files = Callable[[Path], list[bytes]]
_GENERATOR = tiny_generator(8, w_dim=8, channels=8)
_STATE = dict(_GENERATOR.network.state_dict())


@dataclass(frozen=True)
class Reader:
    """A reader, the suffix of its files, how to make some, and the package of an extra it needs."""

    make: Files
    read: Callable[[Path], object]
    suffix: str = ".bin"
    package: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is there."""
        return not self.package or find_spec(self.package) is not None

    def write(self, folder: Path, content: bytes) -> Path:
        """Write a file for it."""
        path = folder / f"given{self.suffix}"
        path.write_bytes(content)
        return path


def _saved(save: Callable[[Path], object], suffix: str = ".bin") -> Files:
    def make(folder: Path) -> list[bytes]:
        path = folder / f"made{suffix}"
        save(path)
        return [path.read_bytes()]

    return make


def _torch(content: object, *, is_zip: bool = True) -> Files:
    return _saved(lambda path: torch.save(content, path, _use_new_zipfile_serialization=is_zip))


def _checkpoint(layout: str) -> Files:
    held = Checkpoint("dynode", _GENERATOR.network.config, _STATE)
    return _saved(lambda path: write_checkpoint(held, path, layout=layout, force=True))


def _published() -> dict[str, Any]:
    """A checkpoint of the rosinality layout; our writer keeps to the published widths."""
    entries = generator_entries(_GENERATOR.network.config)
    return {
        "g_ema": {
            entry.key: _STATE[name].reshape(entry.shape)
            for name, entry in entries.items()
            if name in _STATE and entry.key != "latent_avg"
        },
        "latent_avg": _STATE["mapping.w_avg"],
    }


def _with_encoder() -> dict[str, Any]:
    state = {f"decoder.{key}": part for key, part in _published()["g_ema"].items()}
    return {"state_dict": state, "latent_avg": torch.zeros(4, 8), "opts": {"output_size": 8}}


def _own_encoder(path: Path) -> None:
    config = EncoderConfig(
        "CompactProgressiveEncoder", rows=4, w_dim=8, size=(32, 32), widths=(8,) * 4, units=(1,) * 4
    )
    write_encoder(Encoder(config), torch.zeros(4, 8), path, {})


def _published_encoder(kind: str) -> Files:
    widths = (8, 16, 24, 32)
    config = EncoderConfig(kind, rows=8, w_dim=32, widths=widths, units=(1,) * 4, head_width=32)
    state = {f"encoder.{key}": part for key, part in Encoder(config).state_dict().items()}
    held = {"state_dict": state, "latent_avg": torch.zeros(8, 32), "opts": {"encoder_type": kind}}
    return _torch(held)


def _numpy(array: np.ndarray) -> Files:
    return _saved(lambda path: np.save(path, array), ".npy")


def _arrays(compressed: bool, **arrays: np.ndarray) -> Files:
    save: Any = np.savez_compressed if compressed else np.savez
    return _saved(lambda path: save(path, **arrays), ".npz")


def _several(*parts: Files) -> Files:
    return lambda folder: [content for part in parts for content in part(folder)]


def _text(*contents: str) -> Files:
    return lambda folder: [content.encode() for content in contents]


def _mapper_state(prefix: str, width: int) -> dict[str, torch.Tensor]:
    return {
        f"mapper.{prefix}.{layer}.{kind}": torch.ones(*(width,) * axes)
        for layer in range(1, 5)
        for kind, axes in (("weight", 2), ("bias", 1))
    }


def _latents(path: Path) -> None:
    offset = LowRankOffset("b8.conv0", torch.ones(2, 4, 3, 3), torch.ones(4, 2), torch.ones(3, 1))
    latents = Latents(torch.randn(3, 4, 8), {"b4.conv1": torch.ones(3, 8)}, (offset,))
    latents.save(path, fingerprint="a")


def _trajectory() -> Any:
    codes = Latents(torch.randn(5, 4, 8).cumsum(0))
    return fit_trajectory(codes, torch.arange(5.0))


def _picture(kind: str) -> Files:
    picture = Image.effect_mandelbrot((32, 32), (-3, -2.5, 2, 2.5), 10).convert("RGB")
    return _saved(lambda path: picture.save(path, format=kind))


def _zip_of_pictures(folder: Path) -> list[bytes]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "ab":
            archive.writestr(f"{name}.png", _picture("PNG")(folder)[0])
    return [made.getvalue()]


def _read_pictures(path: Path) -> None:
    pictures = open_pictures(path)
    for index in range(len(pictures)):
        pictures.read(index)


def _script(path: Path) -> None:
    class Visual(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = torch.nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.visual(x)

    torch.jit.save(torch.jit.trace(Visual(), torch.ones(1, 3)), str(path))


def _clip_frames(path: Path) -> None:
    for _ in open_clip(path).frames():
        pass


_PACKAGE = """[project]
name = "dynode-brighten"
[project.entry-points."dynode"]
brighten = "dynode_brighten"
"""
_STATE_OF_A_RUN = {
    "done": 3,
    "recipe": "{}",
    "modules": {"net": torch.nn.Linear(2, 2).state_dict()},
    "optimizer": torch.optim.Adam(torch.nn.Linear(2, 2).parameters()).state_dict(),
    "others": {},
}


def _resumed(path: Path) -> None:
    folder = path.parent / "run"
    folder.mkdir(exist_ok=True)
    (folder / "state.pt").write_bytes(path.read_bytes())
    network = torch.nn.Linear(2, 2)
    Run(folder, {"net": network}, torch.optim.Adam(network.parameters()), {}).resume()


def _described(path: Path) -> None:
    folder = path.parent / "package"
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_bytes(path.read_bytes())
    find_plugins(str(folder))


def _code_clips(path: Path) -> None:
    facts = {"dynode.format": "dynode.code-clips", "dynode.version": "1", "fps": "25.0"}
    facts["fingerprint"] = _GENERATOR.info.fingerprint
    write_safetensors({"codes": torch.randn(2, 5, 1, 8)}, path, facts)


def _video(write: Callable[..., object]) -> Files:
    return _saved(lambda path: write(tiny_video_generator(16).network, path))


_VECTOR = np.random.default_rng(0).normal(size=(1, 8)).astype(np.float32)
_CODES = np.random.default_rng(0).normal(size=(3, 4, 8)).astype(np.float32)
_POINTS = [[30.0, 30.0], [60.0, 30.0], [45.0, 45.0], [33.0, 60.0], [57.0, 60.0]]
_AS_CODES = ImportRequest(take_as="codes")
_WEIGHT = torch.randn(4, 4, 3, 3)
_ROWS = torch.tensor([True, False, True, False])


def _listed(path: Path) -> object:
    return read_list(path, ["strength"])


def _parquet(folder: Path) -> list[bytes]:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"source": ["a.png", "b.png"], "strength": [1.5, 2.0]})
    parquet.write_table(table, folder / "list.parquet")
    return [(folder / "list.parquet").read_bytes()]


def _work(folder: Path) -> list[bytes]:
    contents = Contents()
    path = folder / "direction.safetensors"
    LinearDirection(torch.ones(8)).save(path)
    slider = Slider("smile", 1.5, rows="0-3", file=contents.add(path.read_bytes()))
    state = State(Source(seed=4, truncation=0.35), (slider, Slider("smile")))
    work = Work(state, {"A": state, "C": State()})
    return [to_json(work, contents, _GENERATOR.info).encode()]


def _opened_work(path: Path) -> object:
    return from_json(path.read_bytes(), Contents(), _GENERATOR.info)


def _any_kind(path: Path) -> object:
    """Read a direction of a plugin's kind, whose plugin tests have to register themselves."""
    kinds = registry().direction_kinds
    if CoordinateKind.name not in kinds:
        kinds.add(CoordinateKind(), "the fuzzer")
    return load_direction(path)


def _codes(path: Path) -> Latents:
    return import_codes(path, _AS_CODES)


def _direction(direction: Callable[[], Any]) -> Files:
    return lambda folder: _saved(lambda path: direction().save(path), ".safetensors")(folder)


READERS: dict[str, Reader] = {
    "checkpoint, dynode": Reader(_checkpoint("dynode"), load_generator, ".safetensors"),
    "checkpoint, rosinality": Reader(_torch(_published()), load_generator, ".pt"),
    "checkpoint, old container": Reader(_torch(_published(), is_zip=False), load_generator, ".pt"),
    "checkpoint, nvlabs": Reader(_checkpoint("nvlabs"), load_generator, ".pkl"),
    "checkpoint, with encoder": Reader(_torch(_with_encoder()), load_generator, ".pt"),
    "checkpoint, described": Reader(
        _several(_checkpoint("nvlabs"), _torch(_published())), inspect_checkpoint, ".pkl"
    ),
    "encoder, dynode": Reader(_saved(_own_encoder), read_encoder, ".safetensors"),
    "encoder, e4e": Reader(_published_encoder("Encoder4Editing"), read_encoder, ".pt"),
    "encoder, ReStyle": Reader(
        _published_encoder("ProgressiveBackboneEncoder"), read_encoder, ".pt"
    ),
    "tensors": Reader(
        _torch({"a": [torch.ones(3), (1, 2.5, "x")], "b": np.ones(3)}), read_tensors, ".pt"
    ),
    "CLIP, TorchScript": Reader(_saved(_script), read_clip, ".pt"),
    "CLIP, state dict": Reader(_torch({"visual.a": torch.ones(3)}), read_clip, ".pt"),
    "import, npy": Reader(_numpy(_VECTOR), import_directions, ".npy"),
    "import, npz": Reader(
        _several(_arrays(False, smile=_VECTOR), _arrays(True, smile=_VECTOR)),
        import_directions,
        ".npz",
    ),
    "import, pt": Reader(_torch(torch.from_numpy(_VECTOR)), import_directions, ".pt"),
    "import, GANSpace": Reader(
        _torch({"comp": torch.randn(3, 1, 8), "std": torch.ones(3)}), import_directions, ".pt"
    ),
    "import, SeFa": Reader(
        _torch({"ckpt": "a.pt", "eigvec": torch.randn(8, 3)}), import_directions, ".pt"
    ),
    "import, NaviGAN": Reader(
        _torch({"layer_ix": 3, "shift": torch.randn(2, 1, 4, 4, 3, 3)}), import_directions, ".pt"
    ),
    "import, StyleCLIP mappers": Reader(
        _several(
            _torch({"state_dict": _mapper_state("mapping.mapping", 8), "opts": {"a": 1}}),
            _torch({"state_dict": _mapper_state("mapper_0.mapping", 8), "opts": {}}),
        ),
        import_directions,
        ".pt",
    ),
    "codes, npy": Reader(_numpy(_CODES), _codes, ".npy"),
    "codes, npz": Reader(_arrays(True, latents=_CODES), _codes, ".npz"),
    "codes, pt": Reader(
        _several(_torch(torch.from_numpy(_CODES)), _torch([torch.ones(4, 8)] * 3)), _codes, ".pt"
    ),
    "direction, linear": Reader(
        _direction(lambda: LinearDirection(torch.randn(4, 8))), load_any, ".safetensors"
    ),
    "direction, style": Reader(
        _direction(lambda: StyleDirection({"b4.conv1": torch.randn(8)})),
        load_direction,
        ".safetensors",
    ),
    "direction, weight": Reader(
        _direction(lambda: WeightDirection("b8.conv0", _WEIGHT)), load_direction, ".safetensors"
    ),
    "direction, mapper": Reader(
        _direction(lambda: MapperDirection(RowMapper([(0, 2), (2, 4)], 8, depth=2))),
        load_direction,
        ".safetensors",
    ),
    "direction, style mapper": Reader(
        _direction(lambda: StyleMapperDirection(StyleMapper({"b4.conv1": 8}, depth=2))),
        load_direction,
        ".safetensors",
    ),
    "direction, coordinate": Reader(
        _direction(lambda: CoordinateDirection(torch.randn(8), torch.randn(8), _ROWS)),
        _any_kind,
        ".safetensors",
    ),
    "video generator": Reader(_video(write_network), read_network, ".safetensors"),
    "video generator, published": Reader(_video(write_published), read_published_video, ".pkl"),
    "moving generator": Reader(
        _saved(lambda path: write_moving(tiny_moving_generator(_GENERATOR), path)),
        lambda path: read_moving(path, still=_GENERATOR),
        ".safetensors",
    ),
    "motion": Reader(_saved(Motion.draw(2, seed=0).save), Motion.load, ".safetensors"),
    "clips of codes": Reader(
        _saved(_code_clips),
        lambda path: read_code_clips(str(path), _GENERATOR),
        ".safetensors",
    ),
    "names of classes": Reader(_text("cat\ndog\n"), read_class_names, ".txt"),
    "direction, path": Reader(
        _direction(lambda: PathDirection.of(_trajectory())), load_direction, ".safetensors"
    ),
    "latents": Reader(_saved(_latents), Latents.load, ".safetensors"),
    "trajectory": Reader(
        _saved(lambda path: _trajectory().save(path)),
        Trajectory.load,
        ".safetensors",
    ),
    "labels": Reader(_text("seed,smile,age\n1,0.5,20\n2,1,30\n"), read_labels, ".csv"),
    "landmarks, JSON": Reader(
        _text(json.dumps(_POINTS), json.dumps({"landmarks": _POINTS})), read_landmarks, ".json"
    ),
    "landmarks, npy": Reader(_numpy(np.array(_POINTS)), read_landmarks, ".npy"),
    "landmarks, text": Reader(
        _text("\n".join(f"{x} {y}" for x, y in _POINTS)), read_landmarks, ".txt"
    ),
    "classifier, TorchScript": Reader(
        _saved(_script),
        lambda path: load_torchscript(path, size=3, names=(), trust=True, device="cpu"),
        ".ts",
    ),
    "package": Reader(_text(_PACKAGE), _described, ".toml"),
    "run": Reader(_torch(_STATE_OF_A_RUN), _resumed, ".pt"),
    "crop": Reader(
        _saved(lambda path: FaceFrame((10.0, 10.0), (5.0, 0.0)).save(path)), FaceFrame.load, ".json"
    ),
    "times": Reader(_text("0\n0.5\n1\n"), read_times, ".txt"),
    "list of a batch, CSV": Reader(_text("source,strength\na.png,1.5\nb.png,2\n"), _listed, ".csv"),
    "list of a batch, JSON lines": Reader(
        _text('{"source": "a.png", "strength": 1.5}\n{"source": "b.png"}\n'), _listed, ".jsonl"
    ),
    "list of a batch, Parquet": Reader(_parquet, _listed, ".parquet", package="pyarrow"),
    "work of the studio": Reader(_work, _opened_work, ".json"),
    "zip of pictures": Reader(_zip_of_pictures, _read_pictures, ".zip"),
    "picture": Reader(
        _several(*(_picture(kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"))),
        read_image,
        ".png",
    ),
    "clip": Reader(
        _saved(lambda path: write_test_video(path, size=(32, 32), frames=6), ".mp4"),
        _clip_frames,
        ".mp4",
    ),
}
