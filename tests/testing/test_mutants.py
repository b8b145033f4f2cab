"""A mistake is noticed by the check that is there for it, and what is right passes all of them."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dynode.testing import checks_for


def load(name: str) -> ModuleType:
    """A module beside this one; under importlib's mode tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


mutants = load("mutants")
KNOWN = [mutant for mutant in mutants.MUTANTS if mutant.caught_by]
# A few anew in every tree would hide a failure on another day: the seed is part of the list.
CHOSEN = random.Random(mutants.SEED).sample(KNOWN, 24)


def test_there_are_sixty_and_each_one_missed_has_a_reason() -> None:
    names = [mutant.name for mutant in mutants.MUTANTS]

    assert len(names) == len(set(names)) >= 60
    assert all(bool(mutant.caught_by) != bool(mutant.missed) for mutant in mutants.MUTANTS)


@pytest.mark.parametrize("mutant", CHOSEN, ids=lambda mutant: mutant.name)
def test_the_check_that_is_there_for_it_notices_a_mistake(mutant: Any) -> None:
    (check,) = [each for each in checks_for(mutant.make()) if each.id == mutant.caught_by]

    outcome = check.outcome()

    assert outcome.status == "failed", outcome.message


@pytest.mark.parametrize("thing", list(mutants.healthy()), ids=lambda thing: type(thing).__name__)
def test_what_the_mutants_are_made_of_passes(thing: Any) -> None:
    outcomes = {each.id: each.outcome() for each in checks_for(thing)}

    failed = {name: found.message for name, found in outcomes.items() if found.status == "failed"}
    assert failed == {}
