"""Checks every generator passes, whatever its size and family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dynode.generator.protocol import Generator


@dataclass(frozen=True)
class Check:
    """One promise of the `Generator` protocol; calling it raises AssertionError if it is broken.

    Attributes:
        id: Short name, for test ids.
        promise: What is checked, one line.
        run: Looks at a generator; gives nothing back.
    """

    id: str
    promise: str
    run: Callable[[Generator], None]

    def __call__(self, generator: Generator) -> None:
        """Check a generator.

        Raises:
            AssertionError: It breaks the promise.
        """
        self.run(generator)

    def __str__(self) -> str:
        return self.id


def generator_checks() -> list[Check]:
    """List the conformance checks of generators.

    The generator under test computes in float32 or float64, its weights are left as they are, and a
    few pictures are drawn per check. With pytest:

        @pytest.mark.parametrize("check", generator_checks(), ids=str)
        def test_my_generator_conforms(check):
            check(my_generator())

    Returns:
        Checks, each callable with a generator.
    """
    from dynode.testing import generator_codes, generator_edits, generator_pictures

    modules = (generator_codes, generator_pictures, generator_edits)
    return [_described(run) for module in modules for run in module.CHECKS]


def _described(run: Callable[[Generator], None]) -> Check:
    promise = (run.__doc__ or "").strip().splitlines()[0]
    return Check(run.__name__.replace("_", "-"), promise, run)
