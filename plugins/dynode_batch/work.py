"""What a worker does to a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import dynode
from dynode import plugins
from dynode.errors import MissingWeightsError, OptionError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.media import fit_to, kind_of, read_image
from dynode.plugins import GeneratorProvider, Scorer, ScorerModel
from dynode_batch.row import Job, Row, Worker
from dynode_batch.sources import fetched

_ID = 16  # letters of an id in the name of a file


class Fetching:
    """Gives a worker files of archives and URIs as files of this machine, for as long as it needs them."""

    def __init__(self, worker: Worker) -> None:
        """Wrap a worker."""
        self.worker = worker

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        """Fetch the file of a row and work on it; see `Worker.work`."""
        with fetched(row.source) as path:
            return self.worker.work(replace(row, source=str(path)))


def open_worker(job: Job) -> Worker:
    """Load what a job needs, once a process."""
    kinds: dict[str, Callable[[Job], Worker]] = {
        "edit": EditWorker,
        "invert": InvertWorker,
        "score": ScoreWorker,
        "animate": AnimateWorker,
    }
    return kinds[job.kind](job)


def number(row: Row, name: str, default: float) -> float:
    """Read a number out of a column.

    Raises:
        OptionError: It is none.
    """
    told = row.options.get(name)
    if told is None:
        return default
    try:
        return float(told)
    except ValueError:
        raise OptionError(
            f"{name} of row {row.number + 1} is {told!r}; expected a number such as 1.5"
        ) from None


def seed_of(row: Row, default: int) -> int:
    """Read a seed out of a column.

    Raises:
        OptionError: It is none.
    """
    value = number(row, "seed", default)
    if value != int(value) or not 0 <= value < 2**32:
        raise OptionError(f"seed of row {row.number + 1} is {value:g}; expected 0 to 4294967295")
    return int(value)


class _Drawing:
    """A worker with a generator."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.generator: Generator = dynode.load_generator(job.generator, device=job.device)
        self.settings = dict(job.settings)
        self.seed = self.settings.pop("seed", 0)

    def place(self, row: Row, folder: str, suffix: str) -> str:
        return f"{folder}/{Path(row.source).stem[:80]}-{row.id[:_ID]}{suffix}"

    def inverting(self) -> dict[str, Any]:
        names = ("inverter", "inverter_options", "faces")
        return {name: self.settings.get(name) for name in names}


class EditWorker(_Drawing):
    """Edits pictures and clips; directions that fit every picture are found once."""

    def __init__(self, job: Job) -> None:
        """Load the generator."""
        super().__init__(job)
        self.found: dict[tuple[Any, ...], list[dynode.Direction]] = {}

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        """Edit a row; see `Worker.work`."""
        seed = seed_of(row, self.seed)
        method = {
            name: row.options.get(name, value)
            for name, value in {**dict.fromkeys(self._own(row)), **self.job.method}.items()
        }
        named: list[Any] = list(self.settings["directions"])
        if "direction" in row.options:
            named = [row.options["direction"]]
        plugin = self.settings["plugin"]
        if plugin and not plugins.registry().directions[plugin].per_image:
            named += self._directions(plugin, method, seed)
            plugin, method = None, {}
        result = dynode.edit(
            row.source,
            plugin=plugin,
            directions=named,
            strength=number(row, "strength", self.settings["strength"]),
            generator=self.generator,
            seed=seed,
            **(self.inverting() if kind_of(row.source) in ("picture", "clip") else {}),
            **method,
        )
        is_clip = kind_of(row.source) == "clip"
        file = self.place(row, "clips" if is_clip else "pictures", ".mp4" if is_clip else ".png")
        path = self.job.folder / file
        result.save(path) if is_clip else result.save_edited(path)
        return file, result.changes

    def _own(self, row: Row) -> set[str]:
        return set(row.options) - {"direction", "strength", "seed"}

    def _directions(
        self, plugin: str, method: Mapping[str, Any], seed: int
    ) -> list[dynode.Direction]:
        key = (plugin, seed, *sorted((name, str(value)) for name, value in method.items()))
        if key not in self.found:
            self.found[key] = dynode.find(plugin, self.generator, several=True, seed=seed, **method)
        return self.found[key]


class InvertWorker(_Drawing):
    """Finds codes."""

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        """Invert a row; see `Worker.work`."""
        found = dynode.invert(
            row.source,
            self.generator,
            inverter=self.settings.get("inverter"),
            faces=self.settings.get("faces"),
            seed=seed_of(row, self.seed),
            **(self.settings.get("inverter_options") or {}),
        )
        if self.job.in_table and (found.latents.styles or found.latents.weights):
            raise OptionError(
                f"the codes of {Path(row.source).name} hold offsets, for which a table has no room; write "
                f"a folder with -o"
            )
        file = self.place(row, "codes", ".safetensors")
        found.save(self.job.folder / file)
        return file, {}


class AnimateWorker(_Drawing):
    """Lets still pictures move."""

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        """Animate a row; see `Worker.work`."""
        shape = {name: self.settings[name] for name in ("frames", "ease", "boomerang")}
        moving = dynode.animate(
            row.source,
            row.options.get("direction", self.settings["motion"]),
            strength=number(row, "strength", self.settings["strength"]),
            generator=self.generator,
            seed=seed_of(row, self.seed),
            **(self.inverting() if kind_of(row.source) == "picture" else {}),
            **shape,
        )
        file = self.place(row, "clips", ".mp4")
        moving.save(self.job.folder / file, fps=self.settings["fps"])
        return file, {}


class ScoreWorker:
    """Reads attributes off pictures."""

    def __init__(self, job: Job) -> None:
        """Load the scorer."""
        self.job = job
        self.model: ScorerModel = find_scorer(job.settings["scorer"]).load(job.device or "cpu")

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        """Score a row; see `Worker.work`."""
        import torch

        picture = read_image(Path(row.source))
        values = fit_to(picture, (picture.height, picture.width))
        with torch.inference_mode():
            scores = self.model.score(values.to(self.job.device or "cpu"))[0].tolist()
        return "", dict(zip(self.model.attributes, scores, strict=True))


def find_scorer(name: str | None) -> Scorer:
    """Find a scorer by name, or the only one there is, or that of the default generator's domain.

    Raises:
        UnknownNameError: There is none of that name.
        MissingWeightsError: None is installed, or there are several to choose from.
    """
    scorers = plugins.registry().scorers
    if name is not None:
        return scorers[name]
    found = list(scorers) if len(scorers) == 1 else _of_default_domain(scorers)
    if len(found) != 1:
        told = ", ".join(scorer.name for scorer in scorers) or "none"
        raise MissingWeightsError(f"say which scorer reads the pictures with --scorer: {told}")
    return found[0]


def _of_default_domain(scorers: Iterable[Scorer]) -> list[Scorer]:
    made = plugins.registry().generators
    domains = {one.domain for one in made if isinstance(one, GeneratorProvider) and one.default}
    return [scorer for scorer in scorers if domains & set(scorer.domains)]


def draw_codes(generator: Generator, file: Path) -> Any:
    """Draw the first code of a file: (1, 3, h, w) in [-1, 1]."""
    import torch

    codes = Latents.load(file, fingerprint=generator.info.fingerprint)[:1]
    with torch.inference_mode():
        return generator.synthesize(codes.to(generator.device, generator.dtype)).cpu()
