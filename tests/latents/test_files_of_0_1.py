"""Latents files that dynode 0.1 wrote are read, draw what they drew, and are written as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from dynode import files
from dynode.errors import GeneratorMismatchError
from dynode.latents import Latents
from dynode.latents.file import picture_names
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator

FOLDER = Path(__file__).parent / "files_0_1"
KINDS = ("w", "styles", "weights", "low_rank")  # what is moved besides w


@pytest.fixture(scope="module")
def drawn() -> dict[str, Tensor]:
    """Pictures as 0.1 drew them, means of 4 × 4 pixels, by name of the file."""
    return files.load_tensors(FOLDER / "drawn.safetensors")[0]


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=5)


@pytest.mark.parametrize("name", KINDS)
def test_it_draws_what_it_drew(name: str, drawn: dict[str, Tensor], generator: StyleGAN2) -> None:
    latents = Latents.load(FOLDER / f"{name}.safetensors")

    with torch.inference_mode():
        found = functional.avg_pool2d(generator.synthesize(latents), 4)

    # float32 through eight small layers.
    torch.testing.assert_close(found, drawn[name], rtol=1e-4, atol=1e-5)


def test_the_kinds_draw_different_pictures(drawn: dict[str, Tensor]) -> None:
    moved = [float((drawn[name] - drawn["w"]).abs().max()) for name in KINDS[1:]]

    assert min(moved) > 0.01  # or the test above could not tell an offset that is lost


@pytest.mark.parametrize("name", KINDS)
def test_it_is_written_again_as_it_was(name: str, tmp_path: Path) -> None:
    path = FOLDER / f"{name}.safetensors"
    fingerprint = files.load_metadata(path)["fingerprint"]

    Latents.load(path).save(tmp_path / "again.safetensors", fingerprint=fingerprint)

    before, after = (files.load_tensors(p) for p in (path, tmp_path / "again.safetensors"))
    assert after[1] == before[1]
    assert after[0].keys() == before[0].keys()
    assert all(torch.equal(after[0][key], part) for key, part in before[0].items())


def test_names_of_pictures_are_kept() -> None:
    assert picture_names(FOLDER / "inverted.safetensors") == ("0.png", "1.png")
    assert len(Latents.load(FOLDER / "inverted.safetensors")) == 2


def test_a_generator_of_another_version_of_dynode_has_the_same_fingerprint(
    generator: StyleGAN2,
) -> None:
    told = files.load_metadata(FOLDER / "w.safetensors")["fingerprint"]

    assert told == generator.info.fingerprint
    with pytest.raises(GeneratorMismatchError, match="belong to generator"):
        Latents.load(FOLDER / "w.safetensors", fingerprint="another")
