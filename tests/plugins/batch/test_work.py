"""What a worker does to a row is what the call for one picture does."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dynode
import dynode_sefa.plugin
from dynode.errors import OptionError
from dynode.testing import stand_ins, write_tiny_generator
from dynode_batch.row import Job, Row


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[Path]:
    write_tiny_generator(tmp_path / "tiny.safetensors")
    with stand_ins() as registry:
        registry.register(dynode_sefa.plugin, "sefa")
        yield tmp_path / "tiny.safetensors"


@pytest.fixture
def codes(generator: Path, tmp_path: Path) -> Path:
    drawing = dynode.load_generator(generator)
    path = tmp_path / "code.safetensors"
    drawing.sample(1, seed=3).save(path, fingerprint=drawing.info.fingerprint)
    return path


def job_of(folder: Path, generator: Path, **settings: Any) -> Job:
    shared = {"plugin": None, "directions": (), "strength": 1.0, "seed": 0}
    return Job("edit", folder, str(generator), "cpu", shared | settings)


@pytest.mark.parametrize("strength", [None, "-2"], ids=["of the command", "of the row"])
def test_a_row_is_edited_as_one_picture_is(
    strength: str | None, generator: Path, codes: Path, tmp_path: Path
) -> None:
    worker = job_of(tmp_path / "out", generator, plugin="sefa", strength=1.5).open()
    options = {} if strength is None else {"strength": strength}

    file, figures = worker.work(Row(0, str(codes), options, id="0123456789abcdef0"))
    alone = dynode.edit(
        codes, plugin="sefa", strength=float(strength or 1.5), generator=generator, device="cpu"
    )
    alone.save_edited(tmp_path / "alone.png")

    assert file == "pictures/code-0123456789abcdef.png"
    assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert figures == pytest.approx(alone.changes)


def test_a_direction_of_the_row_replaces_that_of_the_command(
    generator: Path, codes: Path, tmp_path: Path
) -> None:
    drawing = dynode.load_generator(generator)
    found = dynode.find("sefa", drawing, several=True, seed=0)
    found[0].save(tmp_path / "first.safetensors")
    worker = job_of(tmp_path, generator, directions=("no such direction",)).open()

    file, _ = worker.work(
        Row(0, str(codes), {"direction": str(tmp_path / "first.safetensors") + ":2"}, id="x" * 64)
    )
    dynode.edit(codes, directions=(found[0], 2.0), generator=drawing).save_edited(
        tmp_path / "alone.png"
    )

    assert (tmp_path / file).read_bytes() == (tmp_path / "alone.png").read_bytes()


def test_a_file_in_an_archive_is_edited_as_it_is_beside_it(
    generator: Path, codes: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "codes.tar", "w") as archive:
        archive.add(codes, "code.safetensors")
    worker = job_of(tmp_path / "out", generator, plugin="sefa").open()

    inside, _ = worker.work(Row(0, f"{tmp_path}/codes.tar!/code.safetensors", id="a" * 64))
    beside, _ = worker.work(Row(1, str(codes), id="b" * 64))

    assert inside == "pictures/code-aaaaaaaaaaaaaaaa.png"
    read = [(tmp_path / "out" / name).read_bytes() for name in (inside, beside)]
    assert read[0] == read[1]


@pytest.mark.parametrize("name", ["strength", "seed"])
def test_a_column_that_is_no_number_fails_its_row(
    name: str, generator: Path, codes: Path, tmp_path: Path
) -> None:
    worker = job_of(tmp_path, generator, plugin="sefa").open()

    with pytest.raises(OptionError, match=f"{name} of row 1 is 'much'"):
        worker.work(Row(0, str(codes), {name: "much"}, id="x" * 64))
