"""What everything that `dynode train` can train promises, besides what it promises otherwise."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dynode.errors import DynodeError
from dynode.generator.protocol import Generator
from dynode.options import build_options, specs_of
from dynode.plugins.methods import silent
from dynode.plugins.trainable import Trainable, TrainableGenerator
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.trial import small

_NOWHERE = "no-such-folder"


class TrainingTrial:
    """Something that can be trained; it is trained on the tiny generator, by `check_training`."""

    def __init__(self, thing: Trainable | TrainableGenerator) -> None:
        """Keep it."""
        self.thing = thing

    def train(
        self, folder: Path, *, data: str = "sampled", generator: Generator | None = None
    ) -> bytes:
        """Train for a few steps, and return the file.

        Raises:
            NotApplicable: It trains a generator, or says no options to try it with.
        """
        thing = self.thing
        if isinstance(thing, TrainableGenerator):
            raise NotApplicable("it trains a generator, on pictures or clips of the user's")
        if not thing.check_training:
            raise NotApplicable("it names no small options in check_training")
        options = build_options(thing.training_options, thing.check_training, owner="train")
        output = folder / "trained.safetensors"
        shared = {"data": data, "folder": folder / "run", "seed": 3, "force": True}
        thing.train(generator or small(), output, options, progress=silent, **shared)  # type: ignore[arg-type]  # by name
        return output.read_bytes()


@remedy("give it `training`, `training_summary`, and each option dynode.option(default, help=…)")
def training_is_told(trial: TrainingTrial) -> None:
    """What `dynode train --help` shows is there: name, summary of one line, help of every option."""
    thing = trial.thing
    summary = thing.training_summary
    assert summary.strip() and "\n" not in summary, "no training_summary of one line"
    silent_ones = [s.flag for s in specs_of(thing.training_options) if not s.help]
    assert not silent_ones, f"{', '.join(silent_ones)} without help"


@remedy("keep the state in `folder` (dynode.training.Run), and draw by (seed, step) only")
def a_run_that_is_there_is_continued(trial: TrainingTrial) -> None:
    """Training writes its file; the same run called again, and the same seed anew, give the same."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first = trial.train(Path(one))
        assert first, "the file is empty"
        assert any((Path(one) / "run").iterdir()), "the folder of the run holds no state"
        assert trial.train(Path(one)) == first, "a finished run called again wrote another file"
        assert trial.train(Path(other)) == first, "the same seed gave another file"


@remedy("check `data` first, and raise a DynodeError that says what was expected")
def data_it_cannot_use_is_refused(trial: TrainingTrial) -> None:
    """Data that is not there is refused in one line, and nothing is written."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            trial.train(Path(folder), data=str(Path(folder) / _NOWHERE))
        except DynodeError as error:
            assert "\n" not in str(error), "the message has several lines"
            assert not (Path(folder) / "trained.safetensors").exists(), "it wrote a file"
        else:
            raise AssertionError(f"it trained on {_NOWHERE!r}")


TRAINING_CHECKS = (
    training_is_told,
    a_run_that_is_there_is_continued,
    data_it_cannot_use_is_refused,
)
