"""Plain arrays whose published names say more than the arrays do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dynode.errors import DirectionFileError
from dynode.importing import ImportRequest, import_directions

pytestmark = pytest.mark.installed_plugins
ROW = np.linspace(-1, 1, 8, dtype=np.float32)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("stylegan_ffhq_age_w_boundary.npy", ("age", "w+", "interfacegan", "stylegan_ffhq")),
        (
            "stylegan_celebahq_smile_boundary.npy",
            ("smile", "z", "interfacegan", "stylegan_celebahq"),
        ),
        ("e4e_interfacegan_pose.npy", ("pose", "w+", "interfacegan", "")),
        ("micromotion_headsTurn_d_latent.npy", ("heads-turn", "w+", "micromotion", "")),
        ("anything_age_boundary.npy", ("anything-age", "w+", "", "")),
    ],
)
def test_a_published_name_tells_method_space_and_generator(
    tmp_path: Path, file: str, told: tuple[str, ...]
) -> None:
    np.save(tmp_path / file, ROW)

    (found,) = import_directions(tmp_path / file)

    info = found.info
    assert (info.name, found.space, info.method, info.generator) == told


def test_each_array_of_a_file_is_told_by_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "interfacegan_stylegan_ffhq.npz"
    np.savez(path, age=ROW, age_w=ROW, pose_w=ROW)

    found = import_directions(path)

    named = [(one.info.name, one.space) for one in found]
    assert named == [("age-z", "z"), ("age-w", "w+"), ("pose", "w+")]


def test_the_user_settles_the_space_of_a_named_array_too(tmp_path: Path) -> None:
    path = tmp_path / "stylegan_ffhq_age_boundary.npy"
    np.save(path, ROW)

    (found,) = import_directions(path, ImportRequest(space="w"))

    assert found.space == "w+"


def test_an_array_of_zeros_is_refused_under_a_published_name(tmp_path: Path) -> None:
    path = tmp_path / "stylegan_ffhq_age_w_boundary.npy"
    np.save(path, np.zeros(8, np.float32))

    with pytest.raises(DirectionFileError, match="moves nothing"):
        import_directions(path)
