"""What every inverter promises."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from dynode import plugins
from dynode.errors import DynodeError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.options import build_options, specs_of
from dynode.plugins.inverter import Inverter
from dynode.plugins.methods import GeneratorProvider, Progress, silent
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.stand_ins import stand_ins
from dynode.testing.trial import (
    ProgressLog,
    global_seed,
    interrupted,
    others,
    parts,
    quietly,
    random_states,
    same_settings,
    small,
)

_SLOW_S = 2.0
# Optimisers amplify rounding from step to step; pictures stay within this of the [-1, 1] range.
_SAME_PICTURE = 0.05


class InverterTrial:
    """Runs an inverter on pictures that its generator draws."""

    def __init__(self, inverter: Inverter, options: Mapping[str, Any]) -> None:
        """Prepare; nothing runs yet.

        Args:
            inverter: The inverter.
            options: Options by name, besides those of `check_options`.
        """
        self.inverter = inverter
        self.values = {**inverter.check_options, **options}
        self._generator: Generator | None = None
        self._first: Latents | None = None
        self.log = ProgressLog()
        self.printed = ""
        self.seconds = 0.0

    @property
    def generator(self) -> Generator:
        """A generator of the inverter's domain: a tiny one, or one that a plugin brings."""
        if self._generator is None:
            self._generator = self.another_generator()
        return self._generator

    def another_generator(self) -> Generator:
        """Load such a generator anew, for a check that changes it."""
        domains, tiny = self.inverter.domains, small()
        is_general = not domains or "noise" in domains
        if is_general and self.inverter.suits(tiny.info):
            return tiny
        for provider in plugins.registry().generators:
            if not isinstance(provider, GeneratorProvider):
                continue
            if not domains or provider.domain in domains:
                generator = provider.load("cpu")
                if domains or self.inverter.suits(generator.info):
                    return generator
        if is_general:
            return tiny
        raise NotApplicable(f"no installed generator draws {' or '.join(domains)}")

    @property
    def images(self) -> Tensor:
        """Two pictures the generator draws, (2, 3, h, w)."""
        with torch.inference_mode():
            drawn = self.generator.synthesize(self.generator.sample(2, seed=3))
        return drawn.clone()

    def invert(
        self,
        images: Tensor,
        *,
        generator: Generator | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Latents:
        """Run it as `dynode edit` does."""
        options = build_options(self.inverter.options, self.values, owner=self.inverter.name)
        chosen = self.generator if generator is None else generator
        with stand_ins(), quietly() as printed:
            found = self.inverter.invert(chosen, images, options, seed=seed, progress=progress)
        self.printed += printed.getvalue()
        assert isinstance(found, Latents), f"it returned a {type(found).__name__}"
        return found

    @property
    def found(self) -> Latents:
        """The codes of the two pictures, from one run."""
        if self._first is None:
            started = time.perf_counter()
            self._first = self.invert(self.images, progress=self.log)
            self.seconds = time.perf_counter() - started
        return self._first


@remedy("give each option dynode.option(default, help=…)")
def options_are_validated(trial: InverterTrial) -> None:
    """Options have help texts and can be built from `check_options`."""
    specs = specs_of(trial.inverter.options)
    silent_ones = [spec.flag for spec in specs if not spec.help]
    assert not silent_ones, f"{', '.join(silent_ones)} without help"
    build_options(trial.inverter.options, trial.values, owner=trial.inverter.name)


@remedy("return Latents with w of shape (n, info.num_layers, info.w_dim), detached")
def invert_gives_codes(trial: InverterTrial) -> None:
    """Codes have the generator's shape, type and device, are finite and carry no graph."""
    generator, found = trial.generator, trial.found
    wanted = (2, generator.info.num_layers, generator.info.w_dim)
    assert tuple(found.w.shape) == wanted, f"w has shape {tuple(found.w.shape)}, expected {wanted}"
    assert (found.dtype, found.device) == (generator.dtype, generator.device)
    for name, part in parts(found).items():
        assert bool(torch.isfinite(part).all()), f"{name} is not finite"
        assert not part.requires_grad, f"{name} requires a gradient"


@remedy("return codes that draw the picture; the mean code is the least to beat")
def the_codes_draw_the_picture(trial: InverterTrial) -> None:
    """The codes draw the pictures better than the generator's mean code does."""
    generator, images, found = trial.generator, trial.images, trial.found
    with torch.inference_mode():
        error = (generator.synthesize(found) - images).square().mean((1, 2, 3))
        mean = Latents(generator.mean_w.expand_as(found.w).contiguous())
        without = (generator.synthesize(mean) - images).square().mean((1, 2, 3))
    for index in range(2):
        assert error[index] < without[index], (
            f"picture {index}: error {error[index]:.4f}, the mean code has {without[index]:.4f}"
        )


@remedy("draw every random number from `seed`")
def same_seed_same_result(trial: InverterTrial) -> None:
    """The same seed gives the same codes, whatever the global random state."""
    with global_seed(12345):
        before = random_states()
        again = trial.invert(trial.images, seed=0)
        assert random_states() == before, "a global random state moved"
    _assert_same_pictures(trial, again, trial.found, "the same seed")


@remedy("give tensors their dtype and device; never call torch.set_default_… or set_num_threads")
def the_settings_of_torch_stay(trial: InverterTrial) -> None:
    """It changes nothing that is set for the whole process."""
    with same_settings(first=lambda: trial.found):
        trial.invert(trial.images)


@remedy("keep pictures of a batch apart: a loss, a norm, a stopping rule for each")
def a_batch_equals_a_loop(trial: InverterTrial) -> None:
    """A picture gets the same code alone and in a batch."""
    alone = [trial.invert(trial.images[index : index + 1]) for index in range(2)]
    _assert_same_pictures(trial, Latents.cat(alone), trial.found, "alone and in a batch")


@remedy("work on copies; run the generator, never change it")
def inputs_are_not_modified(trial: InverterTrial) -> None:
    """Neither the pictures nor the generator change; gradient modes stay as they are."""
    images, before = trial.images, trial.generator.info.fingerprint
    kept = images.clone()
    trial.invert(images)
    assert torch.equal(images, kept), "it wrote into the pictures"
    assert trial.generator.info.fingerprint == before, "it changed the generator's weights"
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled(), "gradient mode moved"


@remedy(
    "take sizes from generator.info; where weights fit one generator, raise GeneratorMismatchError"
)
def other_shapes_work_or_are_refused(trial: InverterTrial) -> None:
    """On a generator of another shape it works, or says in a DynodeError that it cannot."""
    for what, generator in others().items():
        with torch.inference_mode():
            images = generator.synthesize(generator.sample(1, seed=3)).clone()
        try:
            found = trial.invert(images, generator=generator)
        except DynodeError:
            continue
        # A stranger's code: whatever it raises says that it does not work there.
        except Exception as error:
            raise AssertionError(
                f"on a generator with {what}: {type(error).__name__}: {error}"
            ) from error
        wanted = (1, generator.info.num_layers, generator.info.w_dim)
        assert tuple(found.w.shape) == wanted, f"on {what}: shape {tuple(found.w.shape)}"


@remedy("write messages to the log (logging.getLogger(__name__)); report steps through `progress`")
def nothing_is_printed(trial: InverterTrial) -> None:
    """`invert` prints nothing on stdout."""
    assert trial.found is not None
    assert not trial.printed, f"it printed {trial.printed[:60]!r}"


@remedy("call progress(done, total) after every step; let KeyboardInterrupt pass")
def progress_is_reported_and_can_stop_it(trial: InverterTrial) -> None:
    """Progress counts up to its total; Ctrl-C comes out of it; slow work reports some."""
    assert trial.found is not None
    if not trial.log.calls:
        assert trial.seconds < _SLOW_S, f"no progress in {trial.seconds:.1f} s"
        return
    for done, total in trial.log.calls:
        assert 0 <= done <= total, f"progress({done}, {total})"
    stop = ProgressLog(stop_at=1)
    assert interrupted(lambda: trial.invert(trial.images, progress=stop)), "Ctrl-C was swallowed"


@remedy("write a summary of one line, and the domains as a tuple of names")
def metadata_are_honest(trial: InverterTrial) -> None:
    """There is a summary of one line; domains are a tuple of names."""
    inverter = trial.inverter
    assert inverter.summary.strip() and "\n" not in inverter.summary, "no summary of one line"
    assert isinstance(inverter.domains, tuple), f"domains is a {type(inverter.domains).__name__}"


def _assert_same_pictures(
    trial: InverterTrial, actual: Latents, expected: Latents, what: str
) -> None:
    with torch.inference_mode():
        one, two = trial.generator.synthesize(actual), trial.generator.synthesize(expected)
    difference = float((one - two).abs().mean((1, 2, 3)).max())
    assert difference <= _SAME_PICTURE, f"{what}: pictures differ by {difference:.3f} on average"


CHECKS = (
    options_are_validated,
    invert_gives_codes,
    the_codes_draw_the_picture,
    same_seed_same_result,
    the_settings_of_torch_stay,
    a_batch_equals_a_loop,
    inputs_are_not_modified,
    other_shapes_work_or_are_refused,
    nothing_is_printed,
    progress_is_reported_and_can_stop_it,
    metadata_are_honest,
)
