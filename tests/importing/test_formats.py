"""Files in each published format, made here, and what imports them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode import (
    LinearDirection,
    StyleDirection,
    WeightDirection,
    ZDirection,
)
from dynode.errors import DirectionFileError, DynodeError
from dynode.importing import (
    ImportRequest,
    export_direction,
    import_codes,
    import_directions,
)
from dynode.testing import tiny_generator


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def row(width: int = 8, *, seed: int = 0) -> Tensor:
    return torch.randn(1, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
def test_a_plain_array_keeps_its_values_whatever_its_type(tmp_path: Path, dtype: str) -> None:
    array = row().numpy().astype(dtype)
    np.save(tmp_path / "mine.npy", array)

    (direction,) = import_directions(tmp_path / "mine.npy")

    assert isinstance(direction, LinearDirection)
    assert np.array_equal(direction.delta.numpy(), array[0].astype(array.dtype.newbyteorder("=")))
    assert direction.info.name == "mine"


def test_the_user_settles_space_name_and_licence(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", row())

    (direction,) = import_directions(path, ImportRequest(name="Old Age", space="z", licence="MIT"))

    assert isinstance(direction, ZDirection)
    assert (direction.info.name, direction.info.licence) == ("old-age", "MIT")


def test_gradients_and_gpu_tags_in_a_file_do_not_matter(tmp_path: Path) -> None:
    path = saved(tmp_path / "d_latent", torch.nn.Parameter(torch.randn(1, 4, 8)))

    (direction,) = import_directions(path)

    assert isinstance(direction, LinearDirection)
    assert not direction.delta.requires_grad
    assert direction.info.name == tmp_path.name.lower().replace("_", "-").strip("-")


def test_a_style_direction_is_exported_by_layer(tmp_path: Path) -> None:
    generator = tiny_generator()
    layer = next(iter(generator.info.style_channels))
    offset = torch.randn(generator.info.style_channels[layer])
    direction = StyleDirection({layer: offset}).with_info(scale=2.0)

    export_direction(direction, tmp_path / "s.npz")
    export_direction(direction, tmp_path / "scaled.npz", scaled=True)

    assert np.array_equal(np.load(tmp_path / "s.npz")[layer], offset.numpy())
    assert np.array_equal(np.load(tmp_path / "scaled.npz")[layer], 2 * offset.numpy())


def test_masked_rows_are_exported_as_zeros(tmp_path: Path) -> None:
    rows = torch.tensor([True, False, True])
    direction = LinearDirection(row()[0], rows)

    export_direction(direction, tmp_path / "d.npy")

    exported = np.load(tmp_path / "d.npy")
    assert exported.shape == (1, 3, 8)
    assert np.array_equal(exported[0, :, 0] != 0, rows.numpy())


# --- what is refused, each in one line ------------------------------------------------------------


def zeros(path: Path) -> Path:
    """is zero everywhere, so it moves nothing"""
    return saved(path / "x.pt", torch.zeros(1, 8))


def not_finite(path: Path) -> Path:
    """holds 2 values that are not finite"""
    return saved(path / "x.pt", torch.tensor([[1.0, float("nan"), float("inf"), 0.0]]))


def integers(path: Path) -> Path:
    """expected real vectors"""
    return saved(path / "x.pt", torch.arange(8))


def a_number(path: Path) -> Path:
    """expected real vectors"""
    return saved(path / "x.pt", torch.tensor(1.0))


def narrow(path: Path) -> Path:
    """expected \\(width,\\), \\(1, width\\), \\(rows, width\\)"""
    return saved(path / "x.pt", torch.randn(3, 1))


def many_samples(path: Path) -> Path:
    """holds latent codes, not a direction \\(5 samples"""
    return saved(path / "x.pt", torch.randn(5, 4, 8))


def tall(path: Path) -> Path:
    """holds latent codes, not a direction \\(200 rows\\)"""
    return saved(path / "x.pt", torch.randn(200, 8))


def long_rows(path: Path) -> Path:
    """holds latent codes, not a direction \\(rows of length"""
    return saved(path / "x.pt", 1000 * torch.randn(1, 4, 8))


def anchors(path: Path) -> Path:
    """holds a list of 12 codes such as anchors of a motion"""
    return saved(path / "x.pt", [torch.randn(4, 8) for _ in range(12)])


def words(path: Path) -> Path:
    """holds a dictionary of a, b; expected one of the formats arrays"""
    return saved(path / "x.pt", {"a": 1, "b": "two"})


def a_checkpoint(path: Path) -> Path:
    """is a checkpoint of a network; expected a direction; pass it to --generator"""
    return saved(path / "x.pt", {"g_ema": {"input.input": torch.zeros(1, 4, 4, 4)}})


def an_encoder(path: Path) -> Path:
    """is a checkpoint of decoder, encoder; expected a direction"""
    state = {"encoder.a": torch.zeros(2), "decoder.b": torch.zeros(2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


def a_direction_file(path: Path) -> Path:
    """is one of dynode's own files \\(dynode.direction\\)"""
    LinearDirection(row()[0]).save(path / "x.safetensors")
    return path / "x.safetensors"


def python_objects(path: Path) -> Path:
    """Python objects, which are never unpickled"""
    np.save(path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return path / "x.npy"


def cut_numpy(path: Path) -> Path:
    """cannot be read as numpy arrays"""
    np.save(path / "x.npy", np.ones((1, 512)))
    (path / "x.npy").write_bytes((path / "x.npy").read_bytes()[:200])
    return path / "x.npy"


def complex_numbers(path: Path) -> Path:
    """holds values of type complex128"""
    np.save(path / "x.npy", np.ones((1, 8), dtype=complex))
    return path / "x.npy"


def a_program(path: Path) -> Path:
    """x.pkl"""
    (path / "x.pkl").write_bytes(pickle.dumps(print, protocol=2))
    return path / "x.pkl"


def nothing(path: Path) -> Path:
    """cannot be opened"""
    return path / "absent.npy"


def empty(path: Path) -> Path:
    """x.npy"""
    (path / "x.npy").touch()
    return path / "x.npy"


REFUSED = [
    zeros,
    not_finite,
    integers,
    a_number,
    narrow,
    many_samples,
    tall,
    long_rows,
    anchors,
    words,
    a_checkpoint,
    an_encoder,
    a_direction_file,
    python_objects,
    cut_numpy,
    complex_numbers,
    a_program,
    nothing,
    empty,
]


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_is_no_direction_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path)
    assert make.__doc__ is not None

    with pytest.raises(DynodeError, match=make.__doc__.strip()) as raised:
        import_directions(path)

    assert "\n" not in str(raised.value)


def test_a_direction_that_looks_like_codes_is_taken_on_the_user_s_word(tmp_path: Path) -> None:
    path = long_rows(tmp_path)

    (direction,) = import_directions(path, ImportRequest(take_as="direction"))

    assert isinstance(direction, LinearDirection)


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        (torch.randn(5, 4, 8), (5, 4, 8)),
        (torch.randn(5, 1, 4, 8), (5, 4, 8)),
        ([torch.randn(4, 8), torch.randn(1, 4, 8)], (2, 4, 8)),
        ({"w_plus": torch.randn(1, 4, 8), "names": torch.arange(3)}, (1, 4, 8)),
    ],
    ids=["array", "published clip", "list", "dictionary"],
)
def test_codes_of_every_published_shape_are_read(
    tmp_path: Path, content: Any, shape: tuple[int, ...]
) -> None:
    path = saved(tmp_path / "x.pt", content)

    codes = import_codes(path)

    assert tuple(codes.w.shape) == shape
    assert codes.dtype == torch.float32


def projected(latent: Tensor) -> dict[str, Any]:
    """Make what the projector of stylegan2-pytorch saves for a picture."""
    return {"img": torch.zeros(3, 8, 8), "latent": latent, "noise": [torch.zeros(1, 1, 4, 4)]}


@pytest.mark.robust(kind="E", member="codes of the published projector, in W+")
@pytest.mark.filterwarnings("ignore:.*noise its pictures were projected with")
def test_codes_of_the_published_projector_are_read(tmp_path: Path) -> None:
    latents = torch.randn(2, 4, 8)
    content = {"a.png": projected(latents[0]), "b.png": projected(latents[1])}

    codes = import_codes(saved(tmp_path / "x.pt", content))

    assert torch.equal(codes.w, latents)


@pytest.mark.robust(kind="E", member="codes of the published projector, in W")
def test_one_projected_row_is_repeated_and_its_noise_is_said_to_be_left_out(tmp_path: Path) -> None:
    row = torch.randn(8)

    with pytest.warns(UserWarning, match="also holds the noise"):
        codes = import_codes(saved(tmp_path / "x.pt", {"a.png": projected(row)}), rows=4)

    assert torch.equal(codes.w, row.expand(1, 4, 8))


@pytest.mark.robust(kind="E", member="one W row for each picture, (n, 1, width)")
def test_rows_of_w_are_repeated_for_every_layer(tmp_path: Path) -> None:
    rows = torch.randn(3, 1, 8)

    codes = import_codes(saved(tmp_path / "x.pt", rows), rows=4)

    assert torch.equal(codes.w, rows.expand(3, 4, 8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (torch.randn(1, 8), "expected codes in W\\+"),
        (torch.randn(1, 4, 8), "is a direction, by its name and size"),
        (torch.full((5, 4, 8), float("nan")), "codes that are not finite"),
        ([torch.randn(4, 8), torch.randn(6, 8)], "codes of several shapes"),
        ({"a": 1}, "without arrays of codes"),
        (torch.zeros(5, 4, 8, dtype=torch.int64), "expected codes in W\\+"),
    ],
    ids=["one row", "direction", "NaN", "several shapes", "no array", "integers"],
)
def test_what_is_no_code_is_refused_in_one_line(tmp_path: Path, content: Any, message: str) -> None:
    path = saved(tmp_path / "x.pt", content)

    with pytest.raises(DirectionFileError, match=message) as raised:
        import_codes(path)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("direction", "name", "message"),
    [
        (LinearDirection(row()[0]), "x.npz", "expected .npy or .pt \\(arrays\\)"),
        (StyleDirection({"a": row()[0]}), "x.npy", "expected .npz or .pt \\(arrays\\)"),
        (
            WeightDirection("b4.conv1", torch.ones(2, 2, 3, 3)),
            "x.pt",
            "nothing installed here has a",
        ),
    ],
    ids=["vector to npz", "styles to npy", "no format installed"],
)
def test_what_has_no_such_published_form_is_refused(
    tmp_path: Path, direction: Any, name: str, message: str
) -> None:
    with pytest.raises(DirectionFileError, match=message):
        export_direction(direction, tmp_path / name)

    assert not (tmp_path / name).exists()
