"""Measuring attributes of pictures: by a scorer, two texts, a classifier or a table of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.generator.rows import parse_rows
    from dynode.scoring.calibration import calibrate
    from dynode.scoring.choosing import (
        ChosenScorer,
        choose_prompts,
        choose_scorer,
        find_scorer,
    )
    from dynode.scoring.components import (
        ComponentOptions,
        measured_components,
        purest,
    )
    from dynode.scoring.effects import (
        deviations_of,
        mean_effect,
        score_latents,
    )
    from dynode.scoring.kept import Drawn, score_population
    from dynode.scoring.labels import (
        LabelTable,
        labelled_codes,
        labelled_z,
        read_labels,
    )
    from dynode.scoring.options import ScorerOptions
    from dynode.scoring.torchscript import open_program

__all__ = [
    "ChosenScorer",
    "ComponentOptions",
    "Drawn",
    "LabelTable",
    "ScorerOptions",
    "calibrate",
    "choose_prompts",
    "choose_scorer",
    "deviations_of",
    "find_scorer",
    "labelled_codes",
    "labelled_z",
    "mean_effect",
    "measured_components",
    "open_program",
    "parse_rows",
    "purest",
    "read_labels",
    "score_latents",
    "score_population",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "purest": "dynode.scoring.components",
        "find_scorer": "dynode.scoring.choosing",
        "ChosenScorer": "dynode.scoring.choosing",
        "ComponentOptions": "dynode.scoring.components",
        "Drawn": "dynode.scoring.kept",
        "LabelTable": "dynode.scoring.labels",
        "ScorerOptions": "dynode.scoring.options",
        "calibrate": "dynode.scoring.calibration",
        "choose_prompts": "dynode.scoring.choosing",
        "choose_scorer": "dynode.scoring.choosing",
        "deviations_of": "dynode.scoring.effects",
        "labelled_codes": "dynode.scoring.labels",
        "labelled_z": "dynode.scoring.labels",
        "mean_effect": "dynode.scoring.effects",
        "measured_components": "dynode.scoring.components",
        "open_program": "dynode.scoring.torchscript",
        "parse_rows": "dynode.generator.rows",
        "read_labels": "dynode.scoring.labels",
        "score_latents": "dynode.scoring.effects",
        "score_population": "dynode.scoring.kept",
    },
)
