"""The options that say what measures an attribute; methods and commands share them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dynode.options import option


@dataclass(frozen=True)
class ScorerOptions:
    """What measures. Give one of: nothing (the domain's scorer), texts, a classifier, labels."""

    attribute: str = option("", help="Attribute to go by, one of the scorer's.")
    positive: str = option("", help="Text of the one end, such as 'a smiling face'.")
    negative: str = option("", help="Text of the other end, such as 'a neutral face'.")
    labels: Path | None = option(
        None, help="CSV table: a column seed or index, then one column an attribute."
    )
    codes: Path | None = option(None, help="Latents file that the index of --labels counts in.")
    scorer: str = option("", help="Scorer by name; that of the generator's domain if absent.")
    classifier: Path | None = option(None, help="TorchScript file: pictures to scores.")
    classifier_size: int = option(256, help="Side of its input.", unit="pixels", min=8, max=4096)
    classifier_names: tuple[str, ...] = option((), help="Names of its outputs, by commas.")
    trust: bool = option(False, help="Run the program in the classifier's file.")
    clip: str = option("", help="Text-image model, or architecture such as ViT-B-32-quickgelu.")
    clip_weights: Path | None = option(None, help="Weights file of a real CLIP.")
