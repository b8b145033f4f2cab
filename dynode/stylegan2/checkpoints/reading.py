"""Read or describe a checkpoint: find its layout, plan, check, and only then read its weights."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

from dynode.errors import CheckpointError
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint, CheckpointSummary, Part
from dynode.stylegan2.checkpoints.collecting import MEAN, Plan
from dynode.stylegan2.checkpoints.inference import estimated_mean
from dynode.stylegan2.checkpoints.layouts import LAYOUTS, Layout
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights import OpenWeights, PersistentRecord, open_weights
from dynode.weights.opening import asked_for
from dynode.weights.pickle_instructions import Skipped
from dynode.weights.refusals import listed, unsupported


def read_checkpoint(path: str | Path, *, part: Part = "generator") -> Checkpoint:
    """Read the networks of a checkpoint, whatever its layout.

    Nothing in the file is run; only the asked part is read, so that memory stays near its size.

    Args:
        path: The file.
        part: `generator`, `discriminator`, or `all` for what the file has of both; why a strange
            discriminator beside a good generator is left out stands in `metadata["discriminator"]`.

    Returns:
        The networks, float32 on the CPU, under their native names.

    Raises:
        MissingWeightsError: There is no such file.
        CorruptCheckpointError: It is truncated, damaged, incomplete or not finite.
        UnsafeCheckpointError: It asks for code to be run, or for sizes data never needs.
        UnsupportedCheckpointError: It is another kind of file or network, or lacks the asked part.
    """
    with open_weights(path) as weights:
        layout = _layout_of(weights)
        generator = layout.plan_generator(weights) if part != "discriminator" else None
        discriminator, trouble = None, dict[str, str]()
        if part != "generator":
            discriminator, trouble = _plan_beside(layout, weights, generator)
        if generator is None and discriminator is None:
            wanted = "network" if part == "all" else part
            raise unsupported(weights.path, f"it holds no {wanted}", "use another checkpoint")
        read = _read(layout.name, generator, discriminator)
        return dataclasses.replace(read, metadata={**read.metadata, **trouble})


def _read(layout: str, generator: Plan | None, discriminator: Plan | None) -> Checkpoint:
    state, config, metadata = None, None, dict[str, str]()
    if generator is not None:
        assert isinstance(generator.config, GeneratorConfig)
        config, state = generator.config, generator.read()
        metadata = _facts(generator)
        if MEAN not in state:
            state[MEAN] = estimated_mean(config, state)
    judge, judge_state = None, None
    if discriminator is not None:
        assert isinstance(discriminator.config, DiscriminatorConfig)
        judge, judge_state = discriminator.config, discriminator.read()
        metadata = {**discriminator.metadata, **metadata}
    return Checkpoint(layout, config, state, judge, judge_state, metadata)


def _facts(plan: Plan) -> dict[str, str]:
    """Say what the file lacked beside the metadata it has."""
    facts = dict(plan.metadata)
    if MEAN not in plan.entries:
        facts["mean_w"] = "estimated"
    if plan.absent:
        facts["noise"] = "drawn" if len(plan.absent) == len(plan.optional) else "partly drawn"
    return facts


def inspect_checkpoint(path: str | Path) -> CheckpointSummary:
    """Describe a checkpoint without reading its weights: takes milliseconds at any size.

    Args:
        path: The file.

    Raises:
        CheckpointError, MissingWeightsError: As for `read_checkpoint`, except that values are not
            looked at.
    """
    with open_weights(path) as weights:
        layout = _layout_of(weights)
        generator = layout.plan_generator(weights)
        discriminator, trouble = _plan_beside(layout, weights, generator)
        plan = generator or discriminator
        if plan is None:
            raise unsupported(weights.path, "it holds no network", "use another checkpoint")
        shape, judge = (None if p is None else p.config for p in (generator, discriminator))
        assert not isinstance(shape, DiscriminatorConfig) and not isinstance(judge, GeneratorConfig)
        return CheckpointSummary(
            path=weights.path,
            size=weights.size,
            container=weights.container,
            layout=layout.name,
            generator=shape,
            discriminator=judge,
            parameters=0 if generator is None else _parameters(generator),
            metadata=_facts(plan) | trouble,
        )


def _plan_beside(
    layout: Layout, weights: OpenWeights, generator: Plan | None
) -> tuple[Plan | None, dict[str, str]]:
    """Find the discriminator; a strange one beside a good generator is reported, not raised."""
    try:
        return layout.plan_discriminator(weights), {}
    except CheckpointError as error:
        if generator is None:
            raise
        return None, {"discriminator": str(error)}


def _parameters(plan: Plan) -> int:
    trained = [
        e for name, e in plan.entries.items() if name != MEAN and not name.endswith("noise_const")
    ]
    return sum(math.prod(entry.shape) for entry in trained)


def _layout_of(weights: OpenWeights) -> Layout:
    for layout in LAYOUTS:
        if layout.matches(weights):
            return layout
    if isinstance(weights.content, Skipped):
        raise asked_for(weights.path, weights.content)
    raise unsupported(
        weights.path,
        f"it is no StyleGAN2 checkpoint; it holds {_outline(weights.content)}",
        "see 'Checkpoints' in the documentation for the layouts that are read",
    )


def _outline(content: object) -> str:
    """Describe a content in a few words."""
    if isinstance(content, tuple) and len(content) == 3:
        return "a tuple of three, as TensorFlow StyleGAN2 pickles do"
    if isinstance(content, PersistentRecord):
        return f"a module {content.class_name[:40]!r}"
    if isinstance(content, dict):
        return f"the entries {listed([str(key) for key in content])}" if content else "nothing"
    return f"a {type(content).__name__}"
