"""Staying on the generator's device, checked where there is only a CPU."""

from __future__ import annotations

from dynode.testing.direction_trial import DirectionTrial
from dynode.testing.generators import tiny_generator
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.pretend_device import NotPretended, place, pretend_device


@remedy("make tensors with device=generator.device or .to(codes); copy with .cpu() before numpy()")
def stays_on_the_generators_device(trial: DirectionTrial) -> None:
    """On a device that is not the CPU (a pretended one) `find`, `apply` and drawing mix no devices."""
    generator = tiny_generator(16, w_dim=32, channels=8)
    with pretend_device():
        place(generator.network)
        try:
            for direction in trial.find(generator):
                latents = generator.sample(1, seed=3)
                moved = direction.ready_for(generator).apply(latents, 1.0)
                found = generator.synthesize(moved).device
                assert found == generator.device, f"the picture is on {found}"
        except NotPretended as reason:
            raise NotApplicable(str(reason)) from reason
