"""What every direction method promises: how `find` behaves, and what it gives."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile

import torch

from dynode.errors import UnknownNameError
from dynode.options import build_options, specs_of
from dynode.testing.comparing import assert_close
from dynode.testing.direction_trial import DirectionTrial
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.trial import (
    ProgressLog,
    Spy,
    interrupted,
    others,
    parts,
    same_settings,
    small,
)

_SLOW_S = 2.0
"""Longer than this without a word, and a user wonders whether it hangs."""


@remedy("give each option dynode.option(default, help=…); set check_options where one is required")
def options_are_validated(trial: DirectionTrial) -> None:
    """Options are a frozen dataclass with help texts and usable defaults; a misspelt one fails."""
    kind = trial.method.options
    specs = specs_of(kind)
    assert kind.__dict__["__dataclass_params__"].frozen, f"{kind.__name__} is not frozen"
    silent_ones = [spec.flag for spec in specs if not spec.help]
    assert not silent_ones, f"{', '.join(silent_ones)} without help"
    required = {spec.name for spec in specs if spec.required}
    defaults = {
        part.name: part.default
        for part in dataclasses.fields(kind)
        if part.default is not dataclasses.MISSING
    }
    given = {name: value for name, value in trial.values.items() if name in required}
    build_options(kind, {**defaults, **given}, owner=trial.method.name)
    try:
        build_options(kind, {**trial.values, "no_such_option": 1}, owner=trial.method.name)
    except UnknownNameError:
        return
    raise AssertionError("the option 'no_such_option' was accepted")


@remedy("rename the option: `dynode edit` and `dynode find` have a flag of that name")
def options_hide_no_flag(trial: DirectionTrial) -> None:
    """No option is spelt as a flag of the commands that take them."""
    from dynode.cli.edit import edit
    from dynode.cli.find import find

    taken = {flag for command in (edit, find) for p in command.params for flag in p.opts}
    clashing = [spec.flag for spec in specs_of(trial.method.options) if spec.flag in taken]
    assert not clashing, f"{', '.join(clashing)} is a flag of the command"


@remedy("return a LinearDirection, ZDirection, StyleDirection, WeightDirection, or a list of these")
def find_gives_directions(trial: DirectionTrial) -> None:
    """`find` returns directions that fit the generator and are finite."""
    found = trial.found
    for direction in found.directions:
        direction.check(found.generator.info)


@remedy("return what moves pictures; an offset of zero moves none")
def the_edit_moves_the_picture(trial: DirectionTrial) -> None:
    """At strength 1 the code changes and the picture stays a picture: finite, of the same size."""
    found = trial.found
    before = found.generator.synthesize(found.latents)
    for direction in found.ready:
        moved = direction.apply(found.latents, 1.0)
        after = found.generator.synthesize(moved)
        assert after.shape == before.shape, f"the picture has shape {tuple(after.shape)}"
        assert bool(torch.isfinite(after).all()), "the picture holds values that are not finite"
        assert not torch.equal(after, before), f"{direction.info.name!r} moves nothing"


@remedy(
    "draw every random number from `seed`: generator.sample(n, seed=seed), draw_z(…, seed=seed)"
)
def same_seed_same_result(trial: DirectionTrial) -> None:
    """The same seed gives the same directions, whatever the global random state."""
    first, again = trial.found.directions, trial.again.directions
    assert len(again) == len(first), "another number of directions"
    for one, two in zip(first, again, strict=True):
        _assert_same_edit(trial, one, two, f"{one.info.name!r} of seed 0, found twice,")


@remedy("pass `seed` on to whatever draws: generator.sample(n, seed=seed), not seed=0")
def another_seed_another_sample(trial: DirectionTrial) -> None:
    """With another seed, what is drawn from the generator is drawn anew."""
    first, spy = trial.again.directions, trial.again.spy
    second, other = trial.spied(seed=1)
    if not spy.drawn or spy.drawn != other.drawn:
        return
    for one, two in zip(first, second, strict=True):
        with contextlib.suppress(AssertionError):
            _assert_same_edit(trial, one, two, "")
            break
    else:
        return  # something else than the generator's samples followed the seed
    raise AssertionError("seeds 0 and 1 draw the same samples and give the same result")


@remedy("use torch.Generator().manual_seed(seed) or numpy.random.RandomState(seed)")
def the_global_random_state_is_left_alone(trial: DirectionTrial) -> None:
    """`find` moves no global random state of torch, numpy or Python."""
    assert not trial.again.is_random_moved, "a global random state moved"


@remedy("give tensors their dtype and device; never call torch.set_default_… or set_num_threads")
def the_settings_of_torch_stay(trial: DirectionTrial) -> None:
    """Neither `find` nor `apply` changes what is set for the whole process."""
    again = trial.again
    assert not again.settings, f"{' and '.join(again.settings)} of torch changed"
    assert not again.is_random_moved, "a global random state moved"
    with same_settings():
        for direction in again.directions:
            direction.ready_for(trial.found.generator).apply(trial.found.latents, 1.0)


@remedy("find the direction for the pictures of `latents`; or leave per_image out")
def each_picture_has_its_own(trial: DirectionTrial) -> None:
    """A method that says `per_image` finds another direction for another picture."""
    if not trial.method.per_image:
        raise NotApplicable("the method finds one direction for all pictures")
    generator = trial.found.generator
    one, two = (
        trial.find(generator, latents=generator.sample(1, seed=seed, truncation=1.0))
        for seed in (3, 8)
    )
    for first, second in zip(one, two, strict=True):
        with contextlib.suppress(AssertionError):
            _assert_same_edit(trial, first, second, "")
            raise _TheSame(f"{first.info.name!r} is the same for two different pictures")


@remedy("compute under torch.inference_mode(), or detach what you return")
def no_gradient_is_left_behind(trial: DirectionTrial) -> None:
    """Directions carry no graph; gradient modes and the generator's weights are as before."""
    found = trial.found
    moved = [direction.apply(found.latents, 1.0) for direction in found.ready]
    for latents in moved:
        leaking = [name for name, part in parts(latents).items() if part.requires_grad]
        assert not leaking, f"{', '.join(leaking)} of the edited code requires a gradient"
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled(), "gradient mode moved"
    network = getattr(found.generator, "network", None)
    if isinstance(network, torch.nn.Module):
        kept = [name for name, part in network.named_parameters() if part.grad is not None]
        assert not kept, f"the generator's {kept[0]} keeps a gradient"


@remedy("work on copies: codes = latents.w.clone(); never write into what you were given")
def inputs_are_not_modified(trial: DirectionTrial) -> None:
    """`find` changes neither the codes nor the generator it was given, `apply` not the codes."""
    assert not trial.again.written, f"find wrote into {' and '.join(trial.again.written)}"
    latents = trial.found.generator.sample(1, seed=3)
    codes = latents.w.clone()
    for direction in trial.found.ready:
        direction.apply(latents, 1.0)
        assert torch.equal(latents.w, codes), f"{direction.info.name!r} wrote into the codes"


@remedy("take num_layers, w_dim and layer names from generator.info, never from a literal")
def other_shapes_work(trial: DirectionTrial) -> None:
    """It works on generators with other numbers of rows, other widths, and with classes."""
    for what, generator in others().items():
        try:
            found = trial.find(generator)
            for direction in found:
                direction.check(generator.info)
        # A stranger's code: whatever it raises says that it does not work there.
        except Exception as error:
            raise AssertionError(
                f"on a generator with {what}: {type(error).__name__}: {error}"
            ) from error


@remedy("write messages to the log (logging.getLogger(__name__)); report steps through `progress`")
def nothing_is_printed(trial: DirectionTrial) -> None:
    """`find` prints nothing on stdout, which belongs to the command's result."""
    printed = trial.found.printed
    assert not printed, f"it printed {printed[:60]!r}"


@remedy("call progress(done, total) after every step, done from 1 to total")
def progress_is_reported(trial: DirectionTrial) -> None:
    """Progress counts up to its total; work of more than two seconds reports some."""
    found = trial.found
    if not found.log.calls:
        assert found.seconds < _SLOW_S, f"no progress in {found.seconds:.1f} s"
        return
    for done, total in found.log.calls:
        assert 0 <= done <= total, f"progress({done}, {total})"


@remedy(
    "let KeyboardInterrupt pass, write files only through Direction.save; undo with try/finally"
)
def cancelling_leaves_nothing_behind(trial: DirectionTrial) -> None:
    """Ctrl-C comes out of `find` at once; no file is left, and the generator is as before."""
    generator = small()
    before = generator.info.fingerprint
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for log, watched in (
            (ProgressLog(stop_at=1), generator),
            (None, Spy(generator, stop_at=2)),
        ):
            came_out = interrupted(
                lambda log=log, watched=watched: trial.find(  # type: ignore[misc]
                    watched, progress=log or ProgressLog()
                )
            )
            called = bool(log.calls) if log else isinstance(watched, Spy) and watched.calls >= 2
            assert came_out or not called, "Ctrl-C was swallowed"
        assert os.listdir() == [], f"files are left: {', '.join(os.listdir())}"
    assert torch.is_grad_enabled(), "gradients are still off"
    assert generator.info.fingerprint == before, "the generator's weights are changed"


class _TheSame(Exception):
    """Two pictures got one direction; no AssertionError, for those are looked for around it."""


def _assert_same_edit(trial: DirectionTrial, one: object, two: object, what: str) -> None:
    """Check that two directions move a code to the same place."""
    from dynode.direction.base import Direction

    assert isinstance(one, Direction) and isinstance(two, Direction)
    found = trial.found
    expected, actual = (
        parts(direction.ready_for(found.generator).apply(found.latents, 1.0))
        for direction in (one, two)
    )
    assert list(expected) == list(actual), f"{what} move different layers"
    for name, part in expected.items():
        assert_close(actual[name], part, f"{what} {name}")


CHECKS = (
    options_are_validated,
    options_hide_no_flag,
    find_gives_directions,
    the_edit_moves_the_picture,
    same_seed_same_result,
    another_seed_another_sample,
    the_global_random_state_is_left_alone,
    the_settings_of_torch_stay,
    each_picture_has_its_own,
    no_gradient_is_left_behind,
    inputs_are_not_modified,
    other_shapes_work,
    nothing_is_printed,
    progress_is_reported,
    cancelling_leaves_nothing_behind,
)
