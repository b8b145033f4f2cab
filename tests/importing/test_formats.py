"""Files in each published format, made here, and what imports them."""

from __future__ import annotations

import dataclasses
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
    MapperDirection,
    StyleDirection,
    WeightDirection,
    ZDirection,
    load_direction,
)
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.errors import DirectionFileError, DynodeError, OptionError
from dynode.importing import (
    ImportRequest,
    export_direction,
    import_codes,
    import_directions,
)
from dynode.importing.fs3 import fs3_direction, is_fs3, read_fs3
from dynode.importing.navigan import layer_index, layer_name
from dynode.importing.styleclip_style_mapper import style_layer, style_number
from dynode.latents.latents import Latents
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def row(width: int = 8, *, seed: int = 0) -> Tensor:
    return torch.randn(1, width, generator=torch.Generator().manual_seed(seed))


def test_closed_form_factors_are_columns(tmp_path: Path) -> None:
    factors = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))[0]
    path = saved(tmp_path / "factor.pt", {"ckpt": "g.pt", "eigvec": factors})

    directions = import_directions(path)

    assert [d.info.name for d in directions][:2] == ["factor-0", "factor-1"]
    for index, direction in enumerate(directions):
        assert isinstance(direction, LinearDirection)
        assert torch.equal(direction.delta, factors[:, index])


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


@pytest.mark.parametrize("index", range(12))
def test_navigan_s_layer_numbers_are_those_of_the_rosinality_layout(index: int) -> None:
    assert layer_index(layer_name(index)) == index


@pytest.mark.parametrize(
    ("index", "name"), [(0, "b8.conv0"), (1, "b8.conv1"), (3, "b16.conv1"), (15, "b1024.conv1")]
)
def test_navigan_s_layers_have_our_names(index: int, name: str) -> None:
    assert layer_name(index) == name


@pytest.mark.parametrize("name", ["b4.conv1", "b8.torgb", "mapping.fc0"])
def test_layers_that_navigan_cannot_address_have_no_number(name: str) -> None:
    assert layer_index(name) is None


def test_a_deformation_is_applied_as_published(
    tmp_path: Path, reference_case: Callable[[str], Any]
) -> None:
    case, states, inputs, outputs = reference_case("navigan-deformation-file")
    weights = {key: torch.from_numpy(value) for key, value in states["generator"].items()}
    generator = StyleGAN2.load(saved(tmp_path / "g.pt", {"g_ema": weights}))
    shift = torch.from_numpy(states["deformation"]["shift"])
    path = saved(tmp_path / "d.pt", {"layer_ix": case["config"]["layer_ix"], "shift": shift})

    (direction,) = import_directions(path)
    codes = generator.map(torch.from_numpy(inputs["z"]))
    images = generator.synthesize(
        direction.apply(codes, torch.from_numpy(inputs["relative_shifts"]))
    )

    # The case's own tolerance, against float32 outputs of the published code.
    assert np.allclose(images.numpy(), outputs["image"], atol=6.7e-5, rtol=5e-4)


def test_an_exported_deformation_is_the_published_file(tmp_path: Path) -> None:
    shift = torch.randn(1, 1, 4, 4, 3, 3)
    path = saved(tmp_path / "d.pt", {"layer_ix": 3, "shift": shift})
    (direction,) = import_directions(path)

    export_direction(direction, tmp_path / "back.pt")

    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["layer_ix"] == 3
    assert torch.equal(back["shift"], shift)


def test_eigenvectors_are_one_direction_each(tmp_path: Path) -> None:
    vectors = torch.randn(3, 1, 4, 4, 3, 3)
    path = saved(tmp_path / "eigenvectors_layer5_ffhq.pt", vectors)

    directions = import_directions(path)

    assert len(directions) == 3
    assert all(isinstance(d, WeightDirection) and d.layer == "b32.conv1" for d in directions)


@pytest.mark.parametrize("name", ["styleclip-mapper", "styleclip-mapper-single"])
def test_a_published_mapper_moves_codes_as_published(
    tmp_path: Path, reference_case: Callable[[str], Any], name: str
) -> None:
    case, states, inputs, outputs = reference_case(name)
    state = {key: torch.from_numpy(value) for key, value in states["state_dict"].items()}
    options = {"mapper_type": case["config"]["mapper"], "stylegan_size": 1024, "description": "x y"}
    path = saved(tmp_path / "mapper.pt", {"state_dict": state, "opts": options})

    (direction,) = import_directions(path)
    moved = direction.apply(Latents(torch.from_numpy(inputs["w"])))
    export_direction(direction, tmp_path / "back.pt")

    assert direction.info.name == "x-y"
    # The case's own tolerance, against float32 outputs of the published code.
    assert np.allclose(moved.w.numpy(), outputs["w_hat"], atol=5e-5, rtol=1e-4)
    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["state_dict"].keys() == state.keys()
    assert all(torch.equal(back["state_dict"][key], state[key]) for key in state)


def test_a_mapper_without_a_part_leaves_its_rows(
    tmp_path: Path, reference_case: Callable[[str], Any]
) -> None:
    _, states, inputs, _ = reference_case("styleclip-mapper")
    state = {
        key: torch.from_numpy(value)
        for key, value in states["state_dict"].items()
        if "medium" not in key
    }
    path = saved(tmp_path / "mapper.pt", {"state_dict": state, "opts": {}})

    (direction,) = import_directions(path)
    before = torch.from_numpy(inputs["w"])
    after = direction.apply(Latents(before)).w

    assert isinstance(direction, MapperDirection)
    assert torch.equal(after[:, 4:8], before[:, 4:8])
    assert not torch.equal(after[:, :4], before[:, :4])


def test_a_published_mapper_of_styles_moves_them_as_published(
    tmp_path: Path, reference_case: Callable[[str], Any]
) -> None:
    case, states, inputs, outputs = reference_case("styleclip-mapper-stylespace")
    state = {key: torch.from_numpy(value) for key, value in states["state_dict"].items()}
    options = {"work_in_stylespace": True, "stylegan_size": 1024, "description": "x y"}
    path = saved(tmp_path / "mapper.pt", {"state_dict": state, "opts": options})
    sizes = case["config"]["stylespace_dimensions"]
    names = [style_layer(number) for number in range(len(sizes))]
    styles = dict(zip(names, torch.from_numpy(inputs["s"]).split(sizes, dim=1), strict=True))

    (direction,) = import_directions(path)
    assert isinstance(direction, StyleMapperDirection)
    direction.save(tmp_path / "saved.safetensors")
    loaded = load_direction(tmp_path / "saved.safetensors")
    assert isinstance(loaded, StyleMapperDirection)
    bound = dataclasses.replace(loaded, styles=lambda latents: styles)
    latents = Latents(torch.zeros(len(inputs["s"]), 18, 512))
    moved = bound.apply(latents)
    export_direction(direction, tmp_path / "back.pt")

    assert bound.apply(latents, 0.0) is latents
    found = [styles[n] + moved.styles.get(n, torch.zeros_like(styles[n])) for n in names]
    # The case's own tolerance, against float32 outputs of the published code.
    assert np.allclose(torch.cat(found, 1).numpy(), outputs["s_hat"], atol=5e-5, rtol=1e-4)
    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["opts"]["mapper_type"] == "WithoutToRGBStyleSpaceMapper"
    assert back["opts"]["stylegan_size"] == 1024
    assert back["state_dict"].keys() == state.keys()
    assert all(torch.equal(back["state_dict"][key], state[key]) for key in state)


def test_style_vectors_are_counted_as_the_layers_of_a_generator(tmp_path: Path) -> None:
    layers = list(tiny_generator(64, channels=4).info.style_channels)

    assert [style_layer(number) for number in range(len(layers))] == layers
    assert [style_number(layer) for layer in layers] == list(range(len(layers)))


@pytest.fixture(scope="module")
def global_case(reference_case: Callable[[str], Any]) -> Any:
    """Channel directions, texts and deviations of the published code, with its result."""
    return reference_case("styleclip-global")


def layers_of(flat: np.ndarray, config: dict[str, Any]) -> dict[str, Tensor]:
    sizes = config["stylespace_dimensions"]
    pieces = torch.from_numpy(flat).split(sizes)
    return {str(index): piece for index, piece in enumerate(pieces)}


def test_channel_directions_and_a_text_give_the_published_direction(
    tmp_path: Path, global_case: Any
) -> None:
    case, states, _, outputs = global_case
    config, state = case["config"], states["stylespace"]
    fs3 = state["fs3"] / np.linalg.norm(state["fs3"], axis=1, keepdims=True)
    np.save(tmp_path / "fs3.npy", fs3)
    styles = layers_of(state["s_std"], config)
    deviations = {str(index): styles[str(index)] for index in config["conv_indices"]}

    direction = fs3_direction(
        read_fs3(tmp_path / "fs3.npy"),
        torch.from_numpy(outputs["dt"]),
        deviations,
        beta=config["beta"],
    )

    assert isinstance(direction, StyleDirection)
    assert direction.info.options["channels"] == int(outputs["num_channels"][0])
    wanted = layers_of(outputs["boundary"], config)
    for name, part in wanted.items():
        found = direction.delta.get(name, torch.zeros_like(part))
        # The case's own tolerance.
        assert torch.allclose(found, part, atol=1e-5, rtol=1e-4)


def test_fewer_rows_than_channels_leave_the_later_layers(global_case: Any) -> None:
    case, states, _, outputs = global_case
    config, state = case["config"], states["stylespace"]
    fs3 = torch.from_numpy(state["fs3"])[:512]
    fs3 = fs3 / fs3.norm(dim=1, keepdim=True)
    styles = layers_of(state["s_std"], config)
    deviations = {str(index): styles[str(index)] for index in config["conv_indices"]}

    direction = fs3_direction(fs3, torch.from_numpy(outputs["dt"]), deviations, beta=0.05)

    assert set(direction.delta) == {"0"}


def test_a_threshold_no_channel_reaches_is_an_error_that_says_what_to_try(
    global_case: Any,
) -> None:
    _, states, _, outputs = global_case
    fs3 = torch.from_numpy(states["stylespace"]["fs3"])
    fs3 = fs3 / fs3.norm(dim=1, keepdim=True)

    with pytest.raises(OptionError, match=r"no style channel has relevance 0\.9; .* try --beta"):
        fs3_direction(fs3, torch.from_numpy(outputs["dt"]), {"a": torch.ones(6048)}, beta=0.9)


def test_channel_directions_without_a_text_say_what_they_need(tmp_path: Path) -> None:
    rows = torch.nn.functional.normalize(torch.randn(100, 16), dim=1)
    np.save(tmp_path / "fs3.npy", rows.numpy())

    assert is_fs3(rows)
    with pytest.raises(DirectionFileError, match="add --text"):
        import_directions(tmp_path / "fs3.npy")


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
    """holds a list of 12 codes such as micromotion anchors"""
    return saved(path / "x.pt", [torch.randn(4, 8) for _ in range(12)])


def words(path: Path) -> Path:
    """holds a dictionary of a, b; expected one of the published formats"""
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


def style_mapper(path: Path) -> Path:
    """lacks mapper.mapper_0.mapping.1.bias; expected 4 layers a style vector"""
    state = {"mapper.mapper_0.mapping.1.weight": torch.zeros(2, 2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


def mapper_of_parts(path: Path) -> Path:
    """holds a mapper with the parts head; expected course_mapping"""
    state = {"mapper.head.mapping.1.weight": torch.zeros(2, 2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


def mapper_cut(path: Path) -> Path:
    """lacks mapper.mapping.mapping.1.bias"""
    state = {"mapper.mapping.mapping.1.weight": torch.zeros(2, 2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


def odd_components(path: Path) -> Path:
    """holds components \\(3, 1, 8\\) with deviations \\(2,\\)"""
    return saved(path / "x.pt", {"comp": torch.randn(3, 1, 8), "std": torch.ones(2)})


def flat_component(path: Path) -> Path:
    """component 1 of x.pt has the deviation 0.0"""
    content = {"comp": torch.randn(2, 1, 8), "std": torch.tensor([1.0, 0.0])}
    return saved(path / "x.pt", content)


def factor_vector(path: Path) -> Path:
    """holds factors of shape \\(8,\\)"""
    return saved(path / "x.pt", {"ckpt": "", "eigvec": torch.randn(8)})


def eigenvectors_of_nowhere(path: Path) -> Path:
    """does not say which; add --layer"""
    return saved(path / "x.pt", torch.randn(2, 1, 4, 4, 3, 3))


def layer_of_words(path: Path) -> Path:
    """says layer 'three'"""
    return saved(path / "x.pt", {"layer_ix": "three", "shift": torch.ones(1, 1, 2, 2, 1, 1)})


def zero_deformation(path: Path) -> Path:
    """deformation 0 of x.pt is zero everywhere"""
    return saved(path / "x.pt", {"layer_ix": 3, "shift": torch.zeros(1, 1, 2, 2, 1, 1)})


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
    style_mapper,
    mapper_of_parts,
    mapper_cut,
    odd_components,
    flat_component,
    factor_vector,
    eigenvectors_of_nowhere,
    layer_of_words,
    zero_deformation,
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
        (LinearDirection(row()[0]), "x.npz", "cannot export an array"),
        (StyleDirection({"a": row()[0]}), "x.npy", "cannot export its arrays by name"),
        (WeightDirection("b4.conv1", torch.ones(2, 2, 3, 3)), "x.pt", "has no number in NaviGAN"),
    ],
    ids=["vector to npz", "styles to npy", "layer without number"],
)
def test_what_has_no_such_published_form_is_refused(
    tmp_path: Path, direction: Any, name: str, message: str
) -> None:
    with pytest.raises(DirectionFileError, match=message):
        export_direction(direction, tmp_path / name)

    assert not (tmp_path / name).exists()
