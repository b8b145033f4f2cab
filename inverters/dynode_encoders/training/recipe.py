"""Everything that shapes the training of an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dynode.options import option

Backbone = Literal["irse50", "resnet34", "compact", "difference"]


@dataclass(frozen=True)
class EncoderRecipe:
    """Options of training; the defaults are those of the published e4e."""

    backbone: Backbone = option(
        "irse50",
        help="Network: irse50 for faces, resnet34 for other things, compact for small pictures; "
        "difference (restyle) is compact on the picture less compact on its reconstruction.",
    )
    width: int = option(32, help="Channels of the first stage (compact).", min=2)
    size_px: int = option(256, help="Side of the network's input.", unit="pixels", min=32)
    start: Path | None = option(
        None, help="File to start from: an encoder, ArcFace, or any network of this backbone."
    )
    steps: int = option(200_000, help="Steps that compare pictures.", unit="steps", min=0)
    batch: int = option(8, help="Pictures a step.", min=2)
    latent_steps: int = option(
        0, help="Steps before them that compare codes alone (sampled data).", unit="steps", min=0
    )
    latent_batch: int = option(64, help="Pictures of such a step.", min=2)
    optimizer: Literal["ranger", "muon"] = option(
        "ranger", help="ranger as published, or muon, which is faster from random weights."
    )
    learning_rate: float = option(1e-4, help="Highest learning rate.", min=0.0)
    decay: bool = option(
        False, help="Let the rate rise over 100 steps, or a fifth of all, and fall to zero."
    )
    average: float = option(0.0, help="Decay of a running average of the weights.", min=0, max=1)
    l2: float = option(1.0, help="Weight of the mean squared error of pixels.", min=0)
    l1: float = option(0.0, help="Weight of the mean absolute error of pixels.", min=0)
    perceptual: float = option(0.8, help="Weight of the perceptual distance.", min=0)
    distance: str = option(
        "auto",
        help="Perceptual distance; auto takes lpips-alex where its weights are given, else the scorer of "
        "the generator's domain, else none; or lpips, lpips-alex, scorer, pixels, a plugin's.",
    )
    distance_weights: Path | None = option(
        None, help="Weights of the backbone of LPIPS, or of a plugin's distance."
    )
    identity: float = option(
        0.1, help="Weight of the identity loss, where its file is given.", min=0
    )
    identity_weights: Path | None = option(None, help="ArcFace file (model_ir_se50.pth).")
    latent: float = option(0.0, help="Weight of the error of codes (sampled data).", min=0)
    offsets: float = option(2e-4, help="Weight of the rows' distances from row 0.", min=0)
    adversarial: float = option(
        0.0, help="Weight of the latent discriminator; 0.1 published.", min=0
    )
    adversarial_rate: float = option(2e-5, help="Learning rate of the discriminator.", min=0)
    first_offset: int = option(20_000, help="Step at which row 1 leaves row 0.", min=0)
    next_offset: int = option(2_000, help="Steps from one row to the next.", min=0)
    flip: bool = option(True, help="Mirror half of the pictures of a folder.")
    jitter: float = option(0.0, help="Largest noise added to what the encoder sees.", min=0)
    bf16: bool = option(False, help="Compute networks in bfloat16.")
    save_every: int = option(250, help="Steps between saved states.", unit="steps", min=1)
    tensorboard: bool = option(
        False, help="Also write the log as TensorBoard event files, to RUN/tensorboard."
    )
    until: int | None = option(
        None, help="Stop after this step and write what there is; a later run goes on.", min=1
    )


@dataclass(frozen=True)
class RestyleRecipe(EncoderRecipe):
    """Options of training ReStyle; the defaults are the published ones."""

    variant: Literal["psp", "e4e"] = option(
        "psp", help="Whether rows are independent (psp), or offsets from row 0 (e4e)."
    )
    turns: int = option(5, help="Iterations of the loop for each batch.", min=1)
    code_norm: float = option(0.0, help="Weight of the distance from the average code.", min=0)


def stage_at(recipe: EncoderRecipe, step: int, rows: int) -> int:
    """Count the rows besides row 0 that have offsets at a step of training.

    Source:
        Tov et al. 2021, e4e, arXiv:2102.02766: row 1 from step 20,000, one more every 2,000.
    """
    if step < recipe.first_offset:
        return 0
    if recipe.next_offset == 0:
        return rows - 1
    return min(rows - 1, 1 + (step - recipe.first_offset) // recipe.next_offset)
