"""Motion files: what was written comes back, and what no motion can hold is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dynode.errors import CorruptCheckpointError
from dynode.latents.motion import Motion

WHOLE = replace(Motion.draw(2, seed=7), noise=torch.randn(2, 3, 4), rest=torch.randn(2, 5))


def test_what_was_told_of_the_content_is_saved(tmp_path: Path) -> None:
    WHOLE.save(tmp_path / "motion.safetensors")

    again = Motion.load(tmp_path / "motion.safetensors")

    assert again.noise is not None and again.rest is not None and WHOLE.rest is not None
    assert torch.equal(again.keys, WHOLE.keys)
    assert torch.equal(again.rest, WHOLE.rest)
    assert (again.labels, again.codes) == (None, None)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rest": torch.full((2, 5), float("nan"))}, "motion rest holds what is no finite number"),
        ({"noise": torch.full((2, 3, 4), float("inf"))}, "motion noise holds what is no finite"),
    ],
    ids=["not a number", "infinite"],
)
def test_numbers_that_no_motion_has_are_refused(
    tmp_path: Path, change: dict[str, torch.Tensor], told: str
) -> None:
    replace(WHOLE, **change).save(tmp_path / "motion.safetensors")

    with pytest.raises(CorruptCheckpointError, match=told):
        Motion.load(tmp_path / "motion.safetensors")
