"""Choose what measures, from the options a user gave."""

from __future__ import annotations

from dataclasses import dataclass

from dynode import plugins
from dynode.errors import MissingWeightsError, OptionError, UnknownNameError
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.plugins.loaded import ScorerModel
from dynode.plugins.methods import Scorer
from dynode.scoring.effects import deviations_of, score_latents
from dynode.scoring.labels import labelled_codes, read_labels
from dynode.scoring.options import ScorerOptions
from dynode.scoring.probe import fit_probe
from dynode.scoring.prompts import PromptScorer
from dynode.scoring.torchscript import TorchScriptScorer, load_torchscript
from dynode.text import check_text, load_text_model

_DEVIATION_SAMPLES = 128


@dataclass(frozen=True, eq=False)
class ChosenScorer:
    """What measures, and what it is called.

    Attributes:
        name: Name for the metadata of a direction.
        model: The loaded scorer.
        attribute: The attribute to go by.
        plugin: The scorer that loaded it, whose measurements are kept; None for texts and files.
    """

    name: str
    model: ScorerModel
    attribute: str
    plugin: Scorer | None = None

    @property
    def column(self) -> int:
        """Column of the attribute among the scores."""
        return self.model.attributes.index(self.attribute)


def choose_scorer(
    generator: Generator, options: ScorerOptions, *, seed: int = 0, truncation: float = 0.7
) -> ChosenScorer:
    """Load what the options ask for.

    Args:
        generator: Whose pictures are measured.
        options: Texts, a classifier, labels, or the name of a scorer and its attribute.
        seed: Seed of the pictures over which deviations are measured where none are known.
        truncation: Truncation of pictures that labels name by seed.

    Raises:
        OptionError: The options contradict each other or lack the attribute.
        UnknownNameError: No scorer or attribute of that name.
        MissingWeightsError: No scorer fits the generator's domain.
    """
    _check_one_kind(options)
    if options.positive or options.negative:
        return choose_prompts(generator, options, seed=seed)
    if options.labels is not None:
        table = read_labels(options.labels)
        codes = labelled_codes(table, generator, options.codes, truncation=truncation)
        model: ScorerModel = fit_probe(generator, table, codes)
        return ChosenScorer(options.labels.name, model, _attribute(model, options.attribute))
    if options.classifier is not None:
        classifier = load_torchscript(
            options.classifier,
            size=options.classifier_size,
            names=options.classifier_names,
            trust=options.trust,
            device=generator.device,
        )
        measure_deviations(classifier, generator, seed=seed)
        name = options.classifier.name
        return ChosenScorer(name, classifier, _attribute(classifier, options.attribute))
    scorer = find_scorer(generator.info, options.scorer)
    model = scorer.load(generator.device)
    return ChosenScorer(scorer.name, model, _attribute(model, options.attribute), scorer)


def _check_one_kind(options: ScorerOptions) -> None:
    given = {
        "--positive": bool(options.positive or options.negative),
        "--labels": options.labels is not None,
        "--classifier": options.classifier is not None,
        "--scorer": bool(options.scorer),
    }
    named = [flag for flag, is_given in given.items() if is_given]
    _check_company(options)
    if len(named) > 1:
        raise OptionError(f"{' and '.join(named)} were given together; expected one way to measure")


def _check_company(options: ScorerOptions) -> None:
    """Refuse what says something of a file that is not given."""
    of_classifier = {
        "--classifier-size": options.classifier_size != ScorerOptions.classifier_size,
        "--classifier-names": bool(options.classifier_names),
        "--trust": options.trust,
    }
    for flag, is_given in of_classifier.items():
        if is_given and options.classifier is None:
            raise OptionError(f"{flag} applies only with --classifier; add that or leave it out")
    if options.codes is not None and options.labels is None:
        raise OptionError("--codes applies only with --labels; add that or leave it out")


def choose_prompts(generator: Generator, options: ScorerOptions, *, seed: int = 0) -> ChosenScorer:
    """Make a scorer of two texts; `measure_deviations` has been called on it.

    Raises:
        OptionError: One of the texts is missing, or both are the same.
    """
    if not options.positive or not options.negative:
        raise OptionError(
            "one text was given; expected both ends, such as --positive 'a smiling face' --negative "
            "'a neutral face'"
        )
    model = load_text_model(
        generator.info,
        device=generator.device,
        name=options.clip,
        weights=options.clip_weights,
    )
    positive, negative = (check_text(model, t) for t in (options.positive, options.negative))
    if positive == negative:
        raise OptionError(f"both texts are {positive!r}; expected two different ends")
    scorer = PromptScorer(model, positive, negative)
    measure_deviations(scorer, generator, seed=seed)
    return ChosenScorer("texts", scorer, positive)


def measure_deviations(
    scorer: PromptScorer | TorchScriptScorer, generator: Generator, *, seed: int
) -> None:
    """Measure the standard deviation of every score over the generator's pictures."""
    population = draw_population(generator, _DEVIATION_SAMPLES, seed=seed + 1)
    scorer.deviations = deviations_of(score_latents(scorer, generator, population.latents))


def find_scorer(info: GeneratorInfo, name: str = "") -> Scorer:
    """Return the scorer of that name, or of the generator's domain.

    Raises:
        UnknownNameError: There is none of that name.
        MissingWeightsError: No plugin brings one for the domain.
    """
    scorers = plugins.registry().scorers
    if name:
        return scorers[name]
    for scorer in scorers:
        if info.domain in scorer.domains:
            return scorer
    raise MissingWeightsError(
        f"no scorer knows the pictures of {info.name} (domain {info.domain!r}); give --positive and "
        f"--negative texts, --classifier FILE or --labels FILE"
    )


def _attribute(model: ScorerModel, name: str) -> str:
    if not name and len(model.attributes) == 1:
        return model.attributes[0]
    if not name:
        raise OptionError(f"--attribute is missing; choose one of {', '.join(model.attributes)}")
    if name not in model.attributes:
        raise UnknownNameError("attribute", name, model.attributes)
    return name
