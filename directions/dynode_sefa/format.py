"""The files of closed-form factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.importing import PublishedFile


class FactorFile(dynode.Format):
    """A matrix of factors beside the path of their checkpoint.

    Source:
        Shen and Zhou 2021, SeFa, arXiv:2007.06600; the file is that of rosinality's
        closed_form_factorization.py.
    """

    name = "sefa"
    summary = "closed-form factors of a generator's weights (SeFa)"

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode_sefa.published import holds_factors

        return holds_factors(file)

    def read(
        self, file: PublishedFile, options: object, *, generator: Generator | None = None
    ) -> list[Direction]:
        """Read every factor; see `dynode.Format.read`."""
        from dynode_sefa.published import read_factors

        return read_factors(file)
