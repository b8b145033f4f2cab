"""Every published direction and code that lies beside the checkout, through the whole chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode import LinearDirection, ZDirection, load_direction
from dynode.errors import DirectionFileError
from dynode.importing import export_direction, import_codes, import_directions
from dynode.testing import run_command

pytestmark = pytest.mark.installed_plugins


class Vector(NamedTuple):
    """One published vector: its file, its name there and its name once imported."""

    file: str
    key: str
    name: str
    space: str = "w+"


VECTORS = [
    Vector("original/e4e_interfacegan_age.pt", "", "age"),
    Vector("original/e4e_interfacegan_pose.pt", "", "pose"),
    Vector("original/micromotion_smile_d_latent", "", "smile"),
    Vector("original/micromotion_headsTurn_d_latent", "", "heads-turn"),
    Vector("original/stylegan_ffhq_age_w_boundary.npy", "", "age"),
    Vector("directions/e4e_interfacegan.npz", "age", "age"),
    Vector("directions/e4e_interfacegan.npz", "smile", "smile"),
    Vector("directions/e4e_interfacegan.npz", "pose", "pose"),
    Vector("directions/micromotion.npz", "smile", "smile"),
    Vector("directions/micromotion.npz", "angry", "angry"),
    Vector("directions/micromotion.npz", "aging", "aging"),
    Vector("directions/micromotion.npz", "aging_baseline", "aging-baseline"),
    Vector("directions/micromotion.npz", "aging_oldGrayHair", "aging-old-gray-hair"),
    Vector("directions/micromotion.npz", "eyesClose", "eyes-close"),
    Vector("directions/micromotion.npz", "headsTurn", "heads-turn"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "age", "age-z", "z"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "eyeglasses", "eyeglasses-z", "z"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "gender", "gender-z", "z"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "age_c_gender", "age-c-gender", "z"),
    Vector(
        "directions/interfacegan_stylegan_ffhq.npz", "eyeglasses_c_age", "eyeglasses-c-age", "z"
    ),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "age_w", "age-w"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "eyeglasses_w", "eyeglasses-w"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "gender_w", "gender-w"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "pose_w", "pose"),
    Vector("directions/interfacegan_stylegan_ffhq.npz", "smile_w", "smile"),
]
COMPONENTS = ["original/e4e_ganspace_ffhq_pca.pt", "directions/e4e_ganspace_ffhq.npz"]
CODES = {
    "original/dynode_all_latents.pth": 11,
    "original/dynode_inverted_code_04.pt": 1,
    "directions/styleclip_ffhq_w_plus.npz": 16,
    "dynode/latents.npz": 11,
}


def published_array(path: Path, key: str = "") -> np.ndarray:
    """Read a published vector with the libraries that wrote it."""
    if path.suffix in (".npy", ".npz"):
        loaded = np.load(path, allow_pickle=False)
        return loaded[key] if key else loaded
    tensor = torch.load(path, map_location="cpu", weights_only=True)
    return tensor.detach().numpy()


def imported(path: Path, name: str) -> LinearDirection | ZDirection:
    (found,) = [d for d in import_directions(path) if d.info.name == name]
    assert isinstance(found, LinearDirection | ZDirection)
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{Path(v.file).name}:{v.key}")
def test_a_published_vector_is_imported_saved_exported_and_equal(
    published: Path, tmp_path: Path, vector: Vector
) -> None:
    path = published / vector.file
    array = published_array(path, vector.key)

    direction = imported(path, vector.name)
    direction.save(tmp_path / "saved.safetensors")
    saved = load_direction(tmp_path / "saved.safetensors")
    export_direction(saved, tmp_path / "exported.npy")
    export_direction(saved, tmp_path / "exported.pt")

    assert direction.space == vector.space
    assert np.array_equal(direction.delta.numpy().reshape(array.shape), array)
    for exported in ("exported.npy", "exported.pt"):
        again = published_array(tmp_path / exported)
        assert again.dtype == array.dtype
        assert np.array_equal(again, array)


@pytest.mark.parametrize("file", COMPONENTS)
def test_every_published_component_is_imported_with_its_deviation(
    published: Path, tmp_path: Path, file: str
) -> None:
    path = published / file
    if path.suffix == ".npz":
        arrays = dict(np.load(path, allow_pickle=False))
    else:
        arrays = {k: v.numpy() for k, v in torch.load(path, weights_only=True).items()}

    directions = import_directions(path)

    assert len(directions) == len(arrays["comp"]) == 80
    for direction, component, deviation in zip(
        directions, arrays["comp"], arrays["std"], strict=True
    ):
        assert isinstance(direction, LinearDirection)
        assert direction.info.scale == float(deviation)
        direction.save(tmp_path / "saved.safetensors")
        export_direction(load_direction(tmp_path / "saved.safetensors"), tmp_path / "back.npy")
        assert np.array_equal(np.load(tmp_path / "back.npy"), component)


@pytest.mark.parametrize(("file", "count"), CODES.items())
def test_published_codes_load_as_latents(published: Path, file: str, count: int) -> None:
    path = published / file
    key = {".npz": "w_plus" if "styleclip" in file else "latents"}.get(path.suffix, "")
    array = published_array(path, key)

    codes = import_codes(path)

    assert len(codes) == count
    assert np.array_equal(codes.w.numpy(), array.reshape(codes.w.shape))


@pytest.mark.parametrize("file", CODES)
def test_a_code_given_for_a_direction_is_named_as_such(published: Path, file: str) -> None:
    with pytest.raises(DirectionFileError, match="holds latent codes, not a direction"):
        import_directions(published / file)


@pytest.mark.parametrize(
    "file", ["original/e4e_interfacegan_pose.pt", "original/micromotion_smile_d_latent"]
)
def test_a_direction_given_for_a_code_is_named_as_such(published: Path, file: str) -> None:
    with pytest.raises(DirectionFileError, match="is a direction, by its name and size"):
        import_codes(published / file)


def original_directions(folder: Path) -> Iterator[Path]:
    codes = {Path(file).name for file in CODES}
    for place in ("original", "directions"):
        for path in sorted((folder / place).iterdir()):
            if path.is_file() and path.suffix != ".md" and path.name not in codes:
                yield path


def test_the_command_imports_every_published_file_and_shows_the_results(
    published: Path, tmp_path: Path
) -> None:
    for path in original_directions(published):
        folder = tmp_path / path.stem
        imported_one = run_command(["directions", "import", path, "-o", folder])
        assert imported_one.exit_code == 0, imported_one.stderr
        files = imported_one.stdout.split()
        assert files and all(Path(file).is_file() for file in files)
        shown = run_command(["directions", "show", files[0], "--no-strip"])
        assert shown.exit_code == 0, shown.stderr
        assert "unit" in shown.stdout


def test_the_published_conditional_boundaries_follow_from_the_single_ones(
    published: Path,
) -> None:
    from dynode_interfacegan.boundary import project

    rows = {d.info.name: d for d in import_directions(published / VECTORS[-1].file)}

    def row(name: str) -> Tensor:
        direction = rows[name]
        assert isinstance(direction, ZDirection)
        return direction.delta[None]

    pairs = {
        "age-c-gender": project(row("age-z"), [row("gender-z")]),
        "eyeglasses-c-age": project(row("eyeglasses-z"), [row("age-z")]),
    }

    for name, derived in pairs.items():
        # The published files carry float64; 1e-6 is what was asked, 1e-16 what is reached.
        assert torch.allclose(derived, row(name), rtol=0, atol=1e-12)


def test_published_codes_are_the_source_of_an_edit(published: Path) -> None:
    from dynode.pipeline.source import open_source
    from dynode.testing import tiny_generator

    generator = tiny_generator(1024, w_dim=512, channels=1)

    codes = open_source(published / "original/dynode_inverted_code_04.pt", generator)

    assert codes.w.shape == (1, generator.info.num_layers, generator.info.w_dim)


def test_published_directions_fit_a_generator_of_their_shape(published: Path) -> None:
    from dynode.testing import tiny_generator

    generator = tiny_generator(1024, w_dim=512, channels=1)
    latents = generator.sample(1, seed=0)

    for vector in VECTORS:
        direction = imported(published / vector.file, vector.name)
        direction.check(generator.info)
        if direction.space == "w+":
            moved = direction.apply(direction.apply(latents, 2.0), -2.0)
            # Two float32 roundings of codes and offsets of this size.
            size = max(1.0, 2 * float(direction.delta.abs().max()))
            assert torch.allclose(moved.w, latents.w, rtol=0, atol=1e-6 * size)
