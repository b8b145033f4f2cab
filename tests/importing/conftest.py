"""Published files for the importers: those beside the checkout, and made ones."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of published files beside the checkout; they are not part of the repository."""
    if not (SHARED / "original").is_dir():
        pytest.skip("the published files are not beside the checkout (../shared/data)")
    return SHARED
