"""Checks every generator passes, whatever its size and family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.testing.plugin_check import NotApplicable


@dataclass(frozen=True)
class Check:
    """One promise of the `Generator` protocol; calling it raises AssertionError if it is broken.

    Attributes:
        id: Short name, for test ids.
        promise: What is checked, one line.
        run: Looks at a generator; gives nothing back.
        remedy: What to do where it is broken.
        needs: What a generator has to have for it, of `capabilities`.
    """

    id: str
    promise: str
    run: Callable[[Generator], None]
    remedy: str = ""
    needs: tuple[str, ...] = ()

    def __call__(self, generator: Generator) -> None:
        """Check a generator.

        Raises:
            AssertionError: It breaks the promise.
            NotApplicable: It has not what the promise is about, and says so in its `info`.
        """
        able = capabilities(generator.info)
        for need in self.needs:
            if need not in able:
                raise NotApplicable(f"{generator.info.name} says that it has no {_NEEDS[need]}")
        self.run(generator)

    def __str__(self) -> str:
        return self.id


_NEEDS = {
    "w": "mapping network",
    "styles": "styles",
    "weights": "weights that can be moved",
    "stops-early": "early stop",
    "noise": "noise inputs",
}


def capabilities(info: GeneratorInfo) -> frozenset[str]:
    """Say what a generator can do: its spaces, `stops-early` and `noise`."""
    more = {"stops-early": info.stops_early, "noise": info.takes_noise}
    return frozenset((*info.spaces, *(name for name, there in more.items() if there)))


def generator_checks() -> list[Check]:
    """List the conformance checks of generators.

    A check that is about something the generator says it has not (`info.spaces`, `stops_early`,
    `takes_noise`) is skipped. The generator under test computes in float32 or float64, its weights
    are left as they are, and a few pictures are drawn per check. With pytest:

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
    about = run.__dict__
    identity = run.__name__.replace("_", "-")
    return Check(identity, promise, run, about["remedy"], about.get("needs", ()))
