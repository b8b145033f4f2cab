"""Options of the three StyleCLIP methods; those that mean the same are written once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode


@dataclass(frozen=True)
class TextOptions:
    """What all three methods are told."""

    text: str = dynode.option(help="What the picture should show, such as 'smiling'.")
    neutral: str = dynode.option(
        "", help="What it shows before; what all pictures of the generator show if empty, 'a face'."
    )
    clip: str = dynode.option(
        "", help="Text-image model, or architecture such as ViT-B-32-quickgelu."
    )
    clip_weights: Path | None = dynode.option(None, help="Weights file of a real CLIP.")


@dataclass(frozen=True)
class OptimisationOptions(TextOptions):
    """Options of latent optimisation."""

    neutral: str = dynode.option(
        "", help="What it shows before, such as 'a face'; not used with --published."
    )
    steps: int = dynode.option(
        0, help="Optimiser steps; 0 for the mode's own number.", unit="steps", min=0, max=10_000
    )
    learning_rate: float = dynode.option(
        0.0, help="Adam's peak rate; 0 for the mode's own.", min=0.0, max=10.0
    )
    l2_lambda: float = dynode.option(
        -1.0, help="Weight of the distance to the start; negative for the mode's own.", max=1000.0
    )
    published: bool = dynode.option(
        False, help="Run exactly the published loss, input and schedule, 300 steps."
    )


@dataclass(frozen=True)
class GlobalOptions(TextOptions):
    """Options of a global direction."""

    relevance: str = dynode.option(
        "gradient",
        help="Relevance of the style channels: by backward passes, or by rendering each channel at "
        "-5 and +5 deviations as published (slow once, then kept for every text).",
        choices=("gradient", "exact"),
    )
    beta: float | None = dynode.option(
        None, help="Least relevance of a channel that moves; chosen if absent.", min=0.0, max=1.0
    )
    beta_by: str = dynode.option(
        "channels",
        help="How beta is chosen: so that --channels move, by the rule of the published tool, or for "
        "the most effect on --attribute at the least leakage.",
        choices=("channels", "published", "scorer"),
    )
    channels: int = dynode.option(
        50, help="Style channels to move when beta is chosen.", unit="channels", min=1, max=10**6
    )
    attribute: str = dynode.option("", help="Attribute of the scorer, with --beta-by scorer.")
    scorer: str = dynode.option(
        "", help="Scorer by name; that of the generator's domain if absent."
    )
    layers: tuple[str, ...] = dynode.option(
        (),
        help="Layers that may move, by commas: names such as b8.conv1, or b8 for all of a block.",
    )
    images: int = dynode.option(
        0, help="Pictures to average over; 0 for 32, exact 100.", unit="pictures", min=0, max=10**5
    )
    truncation: float = dynode.option(0.7, help="Truncation of these pictures.", min=0.0, max=2.0)
    calibrate: bool = dynode.option(
        True, help="Make strength 1 one standard deviation of how much of the text is seen."
    )


@dataclass(frozen=True)
class MapperRecipe(TextOptions):
    """What shapes a mapper, besides the codes it is trained on."""

    neutral: str = dynode.option(
        "", help="What pictures show before, such as 'a face'; not used with --published."
    )
    kind: str = dynode.option(
        "levels",
        help="One network for each of coarse, medium and fine rows of W+, a single one for all rows, "
        "or one for each style vector.",
        choices=("levels", "single", "styles"),
    )
    parts: tuple[str, ...] = dynode.option(
        ("coarse", "medium", "fine"), help="Rows that move, with --kind levels."
    )
    steps: int = dynode.option(
        0, help="Training steps; 0 for 100, published 50000.", unit="steps", min=0, max=10**7
    )
    batch: int = dynode.option(
        0, help="Pictures a step; 0 for 8, published 2.", unit="pictures", min=0, max=4096
    )
    learning_rate: float = dynode.option(
        0.0, help="Peak rate; 0 for the mode's own, 0.5.", min=0.0, max=100.0
    )
    l2_lambda: float = dynode.option(
        -1.0, help="Weight of the distance to the start; negative for the mode's own.", max=1000.0
    )
    id_lambda: float = dynode.option(
        0.1, help="Weight of the identity loss, with --identity-weights.", min=0.0, max=1000.0
    )
    identity_weights: Path | None = dynode.option(
        None, help="ArcFace weights (model_ir_se50.pth) that keep the person; faces only."
    )
    truncation: float = dynode.option(0.7, help="Truncation of drawn codes.", min=0.0, max=2.0)
    published: bool = dynode.option(
        False, help="Train with exactly the published losses, network and optimiser."
    )


@dataclass(frozen=True)
class MapperTraining(MapperRecipe):
    """Options of `dynode train mapper`."""

    tensorboard: bool = dynode.option(
        False, help="Also write the log as TensorBoard event files, to RUN/tensorboard."
    )


@dataclass(frozen=True)
class MapperOptions(MapperRecipe):
    """Options of a mapper."""

    codes: Path | None = dynode.option(
        None, help="Latents to train on, such as inverted photographs; drawn if absent."
    )
    folder: Path | None = dynode.option(
        None,
        help="Where an interrupted run is kept; in the cache folder if absent.",
        recorded=False,
    )
