"""One promise of one registered thing, as a test sees it."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Status = Literal["passed", "failed", "expected", "skipped"]
Trial = TypeVar("Trial")


class NotApplicable(unittest.SkipTest):
    """A check has nothing to look at; the message says why, and pytest reports it as skipped."""


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes:
        status: `expected` is a failure that was announced with a reason; `skipped` had nothing to
            look at.
        message: What was found, or the reason.
        error: What was raised, if anything was.
    """

    status: Status
    message: str = ""
    error: BaseException | None = None


@dataclass(frozen=True)
class PluginCheck:
    """One promise of one registered thing; call it in a test, or ask for its outcome.

    Attributes:
        id: Short name, for test ids.
        promise: What is checked, one line.
        remedy: What to do where it fails.
        hook: Hook that registers such things.
        name: Name of the thing.
        run: Raises AssertionError if the promise is broken.
        expected_failure: Why it is expected to fail; empty if it is not.
    """

    id: str
    promise: str
    remedy: str
    hook: str
    name: str
    run: Callable[[], None]
    expected_failure: str = ""

    def outcome(self) -> Outcome:
        """Run the check and say what it found; nothing but an interruption leaves it.

        What it set for the whole process, such as torch's default type, is put back.
        """
        from dynode.testing.trial import settings_put_back

        with settings_put_back():
            return self._outcome()

    def _outcome(self) -> Outcome:
        try:
            self.run()
        except NotApplicable as reason:
            return Outcome("skipped", str(reason))
        # A stranger's code runs here: whatever it raises is the finding.
        except (Exception, SystemExit) as error:
            if self.expected_failure:
                return Outcome("expected", self.expected_failure, error)
            return Outcome("failed", told(error), error)
        if self.expected_failure:
            return Outcome(
                "failed", f"it passes, though expected to fail ({self.expected_failure})"
            )
        return Outcome("passed")

    def __call__(self) -> None:
        """Run the check as a test.

        An expected failure is reported to pytest as such, with its reason; so is a skipped check.

        Raises:
            AssertionError: The promise is broken, or kept against expectation.
        """
        found = self.outcome()
        if found.status == "failed":
            raise AssertionError(
                f"{self.hook} {self.name!r}: {found.message}; remedy: {self.remedy}"
            ) from found.error
        if found.status != "passed":
            import pytest  # only tests come here

            (pytest.xfail if found.status == "expected" else pytest.skip)(found.message)

    def __str__(self) -> str:
        return self.id


def told(error: BaseException) -> str:
    """Describe an error of a stranger's code in one line."""
    message = " ".join(str(error).split())
    if isinstance(error, AssertionError):
        return message or "an assertion failed"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"it needs the missing module {error.name!r}; add the package that brings it to the "
            f"dependencies in pyproject.toml"
        )
    return f"{type(error).__name__}: {message}"


def remedy(text: str) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Say what to do where a check fails."""

    def described(check: Callable[[Trial], None]) -> Callable[[Trial], None]:
        check.__dict__["remedy"] = text
        return check

    return described


def needs(*names: str) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Say what a generator has to have for a check; see `dynode.testing.checks.capabilities`."""

    def described(check: Callable[[Trial], None]) -> Callable[[Trial], None]:
        check.__dict__["needs"] = names
        return check

    return described


def bind(
    checks: Sequence[Callable[[Trial], None]],
    trial: Trial,
    *,
    hook: str,
    name: str,
    expected_failures: Mapping[str, str],
) -> list[PluginCheck]:
    """Make the checks of one thing.

    Raises:
        ValueError: A failure is expected of a check that there is not, or without a reason.
    """
    bound = [
        PluginCheck(
            id=(identity := _name(check).replace("_", "-")),
            promise=(check.__doc__ or "").strip().splitlines()[0],
            remedy=getattr(check, "remedy", "keep the promise above"),
            hook=hook,
            name=name,
            run=lambda check=check: check(trial),  # type: ignore[misc]  # binds the loop's check
            expected_failure=expected_failures.get(identity, ""),
        )
        for check in checks
    ]
    known = {check.id for check in bound}
    for identity, reason in expected_failures.items():
        if identity not in known:
            raise ValueError(
                f"{name} expects {identity!r} to fail; the checks are {', '.join(sorted(known))}"
            )
        if not reason.strip():
            raise ValueError(f"{name} expects {identity!r} to fail; write the reason")
    return bound


def _name(check: Callable[[Any], None]) -> str:  # any kind of trial
    return str(check.__dict__.get("name", getattr(check, "__name__", "check")))
