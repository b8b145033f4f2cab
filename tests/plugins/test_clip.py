"""The plugin dynode_clip, on tiny architectures with random weights."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from dynode.errors import (
    CheckpointError,
    MissingWeightsError,
    UnknownNameError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)
from dynode_clip.loading import load_model
from dynode_clip.model import OpenClipModel
from dynode_clip.plugin import ClipTextEncoder
from dynode_clip.resize import resize_for_clip
from dynode_clip.tokenizer import BytePairTokenizer

TINY = "dynode-tiny-quickgelu"
TINIER = "dynode-tinier"
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@pytest.fixture(scope="module", autouse=True)
def _tiny_architectures(tmp_path_factory: pytest.TempPathFactory) -> None:
    import open_clip

    folder = tmp_path_factory.mktemp("architectures")
    text = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1}
    for name, layers in ((TINY, 2), (TINIER, 1)):
        vision = {"image_size": 32, "layers": layers, "width": 64, "patch_size": 16}
        settings = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
        settings["quick_gelu"] = name.endswith("quickgelu")
        (folder / f"{name}.json").write_text(json.dumps(settings), encoding="utf-8")
    open_clip.add_model_config(folder)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    import open_clip

    torch.manual_seed(0)
    model: nn.Module = open_clip.create_model(TINY, pretrained=None)
    return model.eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1


def _save_script(network: nn.Module, path: Path) -> None:
    with warnings.catch_warnings():  # torch deprecates tracing; OpenAI's files were made by it
        warnings.simplefilter("ignore")
        example = (torch.zeros(1, 3, 32, 32), torch.zeros(1, 77, dtype=torch.long))
        torch.jit.save(torch.jit.trace(network, example), path)


def _save_plain(network: nn.Module, path: Path) -> None:
    torch.save(network.state_dict(), path)


def _save_half_with_settings(network: nn.Module, path: Path) -> None:
    state = {name: part.half() for name, part in network.state_dict().items()}
    state["input_resolution"] = torch.tensor(32)
    torch.save(state, path)


def _save_training_checkpoint(network: nn.Module, path: Path) -> None:
    state = {f"module.{name}": part for name, part in network.state_dict().items()}
    torch.save({"epoch": 3, "name": "run", "state_dict": state}, path)


def _save_safetensors(network: nn.Module, path: Path) -> None:
    save_file({name: part.contiguous() for name, part in network.state_dict().items()}, path)


@pytest.mark.parametrize(
    ("save", "tolerance"),
    [
        pytest.param(_save_script, 1e-6, id="torchscript"),
        pytest.param(_save_plain, 1e-6, id="state dict"),
        # Half precision keeps 11 bits of the weights; two layers of width 64 add up their errors.
        pytest.param(_save_half_with_settings, 1e-2, id="half precision with settings"),
        pytest.param(_save_training_checkpoint, 1e-6, id="training checkpoint"),
        pytest.param(_save_safetensors, 1e-6, id="safetensors"),
    ],
)
def test_every_published_container_gives_the_same_embeddings(
    save: object, tolerance: float, network: nn.Module, images: torch.Tensor, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pt"
    save(network, path)  # type: ignore[operator]
    model = load_model(path, TINY, "cpu")

    found = model.encode_images(images)

    normalised = ((images + 1) / 2 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(
        3, 1, 1
    )
    expected = network.encode_image(normalised, normalize=True)  # type: ignore[operator]
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


def test_without_normalising_the_values_go_in_as_they_are(
    network: nn.Module, images: torch.Tensor
) -> None:
    model = OpenClipModel(network, BytePairTokenizer(), mean=MEAN, std=STD)

    found = model.encode_images(images, normalize=False)

    expected = network.encode_image(images, normalize=True)  # type: ignore[operator]
    torch.testing.assert_close(found, expected)


def test_texts_are_embedded_as_open_clip_does(network: nn.Module) -> None:
    import open_clip

    texts = ["a smiling face", "a sad face with glasses"]
    model = OpenClipModel(network, BytePairTokenizer(), mean=MEAN, std=STD)

    found = model.encode_texts(texts)

    expected = network.encode_text(open_clip.tokenize(texts), normalize=True)  # type: ignore[operator]
    torch.testing.assert_close(found, expected)


def test_embeddings_have_unit_norm(network: nn.Module, images: torch.Tensor) -> None:
    model = OpenClipModel(network, BytePairTokenizer(), mean=MEAN, std=STD)

    norms = torch.cat([model.encode_images(images), model.encode_texts(["a face"])]).norm(dim=1)

    # A few units in the last place of float32.
    torch.testing.assert_close(norms, torch.ones(4), rtol=0, atol=1e-6)


def test_gradients_reach_the_pictures_and_no_weight(
    network: nn.Module, images: torch.Tensor
) -> None:
    model = OpenClipModel(network, BytePairTokenizer(), mean=MEAN, std=STD)
    images.requires_grad_(True)

    model.encode_images(images)[:, 0].sum().backward()

    assert images.grad is not None and images.grad.abs().sum() > 0
    assert all(part.grad is None for part in model.network.parameters())
    assert not model.network.training


def test_pictures_of_another_size_are_refused(network: nn.Module) -> None:
    model = OpenClipModel(network, BytePairTokenizer(), mean=MEAN, std=STD)

    with pytest.raises(ValueError, match=r"\(1, 3, 64, 64\).*resize_for_clip"):
        model.encode_images(torch.zeros(1, 3, 64, 64))


def test_loading_without_a_file_asks_for_one() -> None:
    with pytest.raises(MissingWeightsError, match="no weights"):
        ClipTextEncoder().load("cpu")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match="nowhere.pt"):
        ClipTextEncoder().load("cpu", weights=tmp_path / "nowhere.pt")


def test_an_unknown_architecture_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        ClipTextEncoder().load("cpu", weights=tmp_path / "a.pt", architecture="ViT-B-32-quickgelo")


def test_the_wrong_architecture_is_refused_in_one_line_that_names_both(
    network: nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pt"
    _save_plain(network, path)

    with pytest.raises(UnsupportedCheckpointError) as error:
        load_model(path, TINIER, "cpu")

    assert TINY in str(error.value) and TINIER in str(error.value)
    assert "\n" not in str(error.value)


def test_an_architecture_with_a_foreign_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedCheckpointError, match="tokenizer"):
        load_model(tmp_path / "weights.pt", "ViT-B-16-SigLIP", "cpu")


def test_a_file_without_a_clip_model_is_refused(tmp_path: Path) -> None:
    torch.save({"generator": torch.zeros(2)}, tmp_path / "other.pt")

    with pytest.raises(UnsupportedCheckpointError, match="holds no CLIP model"):
        load_model(tmp_path / "other.pt", TINY, "cpu")


def test_a_truncated_archive_is_refused(network: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    _save_script(network, path)
    path.write_bytes(path.read_bytes()[:-5000])

    with pytest.raises(CheckpointError, match="weights.pt"):
        load_model(path, TINY, "cpu")


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("the file was run",)


def test_a_file_that_asks_for_code_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"visual.conv1.weight": _Trap()}, tmp_path / "trap.pt")

    with pytest.raises(UnsafeCheckpointError):
        load_model(tmp_path / "trap.pt", TINY, "cpu")

    assert capsys.readouterr().out == ""


def test_no_word_is_unknown_to_byte_pairs() -> None:
    tokenizer = BytePairTokenizer()

    assert tokenizer.unknown_words("a zxqv face") == []
    assert tokenizer.known_words("A zxqv face, 70%") == ["a", "zxqv", "face", "70"]


def test_a_text_that_is_too_long_is_cut_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        numbers = BytePairTokenizer()(["face " * 100])

    assert numbers.shape == (1, 77)
    assert "102 tokens" in caplog.text


@pytest.mark.parametrize(("mode", "filter_"), [("bilinear", 2), ("bicubic", 3)])
@pytest.mark.parametrize("size", [24, 64, 150])
def test_resizing_equals_pillow(mode: str, filter_: int, size: int) -> None:
    picture = np.random.RandomState(0).rand(64, 64).astype(np.float32)
    images = torch.from_numpy(picture).expand(1, 3, 64, 64)

    found = resize_for_clip(images, size, mode=mode)[0, 0].numpy()  # type: ignore[arg-type]

    expected = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling(filter_)))
    # torch computes the places of the samples in float32, Pillow in float64.
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_picture_that_fits_comes_back_untouched() -> None:
    images = torch.rand(2, 3, 32, 32)

    assert resize_for_clip(images, 32).data_ptr() == images.data_ptr()


def test_a_wide_picture_is_cropped_to_its_middle() -> None:
    images = torch.zeros(1, 3, 32, 48)
    images[..., 8:40] = 1.0

    assert bool((resize_for_clip(images, 16) == 1.0).all())


def test_the_hook_module_does_not_import_torch() -> None:
    code = "import sys, dynode_clip.plugin; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
