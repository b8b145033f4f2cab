"""Hooks of the NaviGAN plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress
from dynode_navigan.format import DeformationFile

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents
    from dynode_navigan.options import (
        HessianOptions,
        HessianRectifiedOptions,
        LayerOptions,
        RectifiedOptions,
    )

# What the conformance checks find and train.
_SMALL_TRIAL = {"count": 2, "samples": 2, "distance": "pixels"}
_SMALL_TRAINING = {"steps": 2, "batch": 2, "predictor": "lenet", "predictor_size": 32}
# A benchmark in minutes: fewer samples for the strength, and a little of the training.
_BENCH_BASIS = {"count": 16, "samples": 4}
_BENCH_TRAINING = {**_BENCH_BASIS, "steps": 30, "batch": 8, "render_size": 64}


class SingularDirections(dynode.DirectionMethod):
    """Move a layer's weight along its own singular pairs.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786 (SVD).
    """

    name = "svd"
    summary = "singular pairs of a convolution's weight (NaviGAN)"
    options = attribute_on_demand("dynode_navigan.options:LayerOptions")
    small_budget: ClassVar = _BENCH_BASIS
    check_options: ClassVar = _SMALL_TRIAL

    def find(
        self,
        generator: Generator,
        options: LayerOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find the first pairs, or the one asked for; see `DirectionMethod.find`."""
        from dynode_navigan.finding import find_singular

        return find_singular(generator, options, seed=seed, progress=progress)


class HessianDirections(dynode.DirectionMethod):
    """Move a layer's weight where pictures change most: eigenvectors of the distance's Hessian.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786 (Hessian).
    """

    name = "hessian"
    summary = "shifts of a convolution's weight that change pictures most (NaviGAN)"
    options = attribute_on_demand("dynode_navigan.options:HessianOptions")
    shares_processes = True
    small_budget: ClassVar = _BENCH_BASIS
    check_options: ClassVar = {**_SMALL_TRIAL, "products": 8}

    def find(
        self,
        generator: Generator,
        options: HessianOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find the leading eigenvectors; see `DirectionMethod.find`."""
        from dynode_navigan.leading import find_leading

        return find_leading(generator, options, seed=seed, progress=progress)


class RectifiedSingularDirections(dynode.DirectionMethod):
    """Train combinations of singular pairs that a network can tell apart.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786 (rectification).
    """

    name = "svd-rectified"
    summary = "combinations of singular pairs trained to tell apart (NaviGAN)"
    options = attribute_on_demand("dynode_navigan.options:RectifiedOptions")
    shares_processes = True
    small_budget: ClassVar = _BENCH_TRAINING
    check_options: ClassVar = {**_SMALL_TRIAL, **_SMALL_TRAINING}

    def find(
        self,
        generator: Generator,
        options: RectifiedOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Train directions; see `DirectionMethod.find`."""
        from dynode_navigan.training import find_rectified

        return find_rectified(generator, options, seed=seed, progress=progress)


class RectifiedHessianDirections(dynode.DirectionMethod):
    """Train combinations of eigenvectors that a network can tell apart.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786 (rectification).
    """

    name = "hessian-rectified"
    summary = "combinations of Hessian eigenvectors trained to tell apart (NaviGAN)"
    options = attribute_on_demand("dynode_navigan.options:HessianRectifiedOptions")
    shares_processes = True
    small_budget: ClassVar = _BENCH_TRAINING
    check_options: ClassVar = {**_SMALL_TRIAL, **_SMALL_TRAINING, "vectors": 3}

    def find(
        self,
        generator: Generator,
        options: HessianRectifiedOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Train directions; see `DirectionMethod.find`."""
        from dynode_navigan.training import find_rectified

        return find_rectified(generator, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute the four kinds."""
    register(SingularDirections())
    register(HessianDirections())
    register(RectifiedSingularDirections())
    register(RectifiedHessianDirections())


@dynode.hookimpl
def register_formats(register: Callable[[dynode.Format], None]) -> None:
    """Contribute the published shifts, eigenvectors and checkpoints."""
    register(DeformationFile())
