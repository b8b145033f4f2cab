"""Find, load and register plugins; one that fails is reported and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import Any

import click
import pluggy

from dynode.errors import PluginError
from dynode.plugins import (
    face_detector,
    formats,
    hookspecs,
    inverter,
    methods,
    metric,
    picture_distance,
    trainable,
)
from dynode.plugins.boundary import being_imported
from dynode.plugins.entry_points import (
    OWN,
    distribution_of,
    installed,
    is_own,
    own_modules,
    select,
)
from dynode.plugins.requirements import check_requirement
from dynode.plugins.shelf import Shelf
from dynode.plugins.trace import Trace


@dataclass(frozen=True)
class PluginReport:
    """What became of one entry point.

    Attributes:
        name: Entry point name.
        module: Module it names.
        distribution: Distribution that ships it, with its version.
        error: Why it could not be used, one line; empty when all is well.
        provides: What it registered, by hook: `{"direction method": ("styleclip",)}`.
    """

    name: str
    module: str
    distribution: str
    error: str = ""
    provides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Registry:
    """Everything plugins contributed, and a report on each plugin."""

    def __init__(self) -> None:
        """Make an empty registry."""
        self.directions: Shelf[methods.DirectionMethod] = Shelf(
            "direction method", (methods.DirectionMethod,)
        )
        self.direction_kinds: Shelf[methods.DirectionKind] = Shelf(
            "direction kind", (methods.DirectionKind,)
        )
        self.formats: Shelf[formats.Format] = Shelf("format", (formats.Format,))
        self.inverters: Shelf[inverter.Inverter] = Shelf("inverter", (inverter.Inverter,))
        self.generators: Shelf[methods.GeneratorProvider | methods.GeneratorFamily] = Shelf(
            "generator", (methods.GeneratorProvider, methods.GeneratorFamily)
        )
        self.text_encoders: Shelf[methods.TextEncoder] = Shelf(
            "text encoder", (methods.TextEncoder,)
        )
        self.scorers: Shelf[methods.Scorer] = Shelf("scorer", (methods.Scorer,))
        self.metrics: Shelf[metric.Metric] = Shelf("metric", (metric.Metric,))
        self.distances: Shelf[picture_distance.PictureDistance] = Shelf(
            "distance", (picture_distance.PictureDistance,)
        )
        self.face_detectors: Shelf[face_detector.FaceDetector] = Shelf(
            "face detector", (face_detector.FaceDetector,)
        )
        self.trainables: Shelf[trainable.Trainable | trainable.TrainableGenerator] = Shelf(
            "training", (trainable.Trainable, trainable.TrainableGenerator)
        )
        self.commands: Shelf[click.Command] = Shelf("command", (click.Command,), in_groups=True)
        self.reports: list[PluginReport] = []
        self._manager = pluggy.PluginManager("dynode")
        self._manager.add_hookspecs(hookspecs)

    @property
    def shelves(self) -> dict[str, Shelf[Any]]:
        """The shelves by the name of the hook that fills them."""
        return {
            "register_directions": self.directions,
            "register_direction_kinds": self.direction_kinds,
            "register_formats": self.formats,
            "register_inverters": self.inverters,
            "register_generators": self.generators,
            "register_text_encoders": self.text_encoders,
            "register_scorers": self.scorers,
            "register_metrics": self.metrics,
            "register_distances": self.distances,
            "register_face_detectors": self.face_detectors,
            "register_trainables": self.trainables,
            "register_commands": self.commands,
        }

    def register(self, plugin: object, owner: str) -> None:
        """Call every hook a plugin implements, all or nothing.

        Args:
            plugin: Module or object with `@hookimpl` functions.
            owner: Who it belongs to, for messages.

        Raises:
            PluginError: It implements a hook wrongly, or registers something unusable.
        """
        try:
            self._register(plugin, owner)
        finally:  # the next plugin's hooks are called alone
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)

    def _register(self, plugin: object, owner: str) -> None:
        try:
            self._manager.register(plugin)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(_one_line(error)) from error
        callers = self._manager.get_hookcallers(plugin)
        if not callers:
            raise PluginError(
                "it implements no hook; mark functions such as register_directions with @dynode.hookimpl, "
                "in the module that the entry point names"
            )
        with ExitStack() as kept:
            for shelf in self.shelves.values():
                kept.enter_context(shelf.all_or_nothing())
            self._call_hooks({caller.name for caller in callers}, owner)

    def _call_hooks(self, implemented: Collection[str], owner: str) -> None:
        for hook, shelf in self.shelves.items():
            if hook not in implemented:
                continue
            try:
                getattr(self._manager.hook, hook)(register=_adder(shelf, owner))
            except PluginError as error:
                raise PluginError(f"{hook}: {error}") from error
            except Exception as error:
                error.add_note(f"in {hook}")
                raise

    def load_entry_points(
        self, entry_points: Iterable[metadata.EntryPoint], taken: Collection[str] = ()
    ) -> None:
        """Load plugins one by one; each failure ends in `reports` and nowhere else.

        Args:
            entry_points: The plugins.
            taken: Top-level modules that only our own distribution may name.
        """
        for entry_point in entry_points:
            self.reports.append(self._load(entry_point, taken))

    def _load(self, entry_point: metadata.EntryPoint, taken: Collection[str]) -> PluginReport:
        report = PluginReport(entry_point.name, entry_point.value, distribution_of(entry_point))
        owner = f"{report.module} ({report.distribution})"
        trace = Trace(owner)
        try:
            _check_module_name(entry_point, taken)
            check_requirement(entry_point)
            with being_imported(owner):
                module: ModuleType = entry_point.load()
                trace.imported()
                self.register(module, owner)
        except KeyboardInterrupt:
            raise
        # Plugins are strangers: whatever breaks is theirs to report, what would end us included.
        except BaseException as error:
            trace.failed(error)
            return PluginReport(
                report.name, report.module, report.distribution, error=_describe(error)
            )
        provides = {
            shelf.kind: names for shelf in self.shelves.values() if (names := shelf.owned_by(owner))
        }
        trace.registered(provides)
        return PluginReport(report.name, report.module, report.distribution, provides=provides)


def _check_module_name(entry_point: metadata.EntryPoint, taken: Collection[str]) -> None:
    """Refuse a stranger's plugin in a module of ours: whose file would be run is the path's luck.

    Raises:
        PluginError: It names one.
    """
    module = entry_point.module.partition(".")[0]
    if module in taken and not is_own(entry_point):
        raise PluginError(
            f"its entry point names the module {module}, which belongs to {OWN}; its author has to rename "
            f"the module, such as dynode_{entry_point.name.replace('-', '_')}_more"
        )


def _adder(shelf: Shelf[Any], owner: str) -> Callable[[Any], None]:
    return lambda thing: shelf.add(thing, owner)


def _describe(error: BaseException) -> str:
    if isinstance(error, PluginError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"needs the missing module {error.name!r}; install the package that brings it"
    notes = "; ".join(getattr(error, "__notes__", ()))
    return _one_line(f"{type(error).__name__}: {error}" + (f" ({notes})" if notes else ""))


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


@cache
def registry() -> Registry:
    """Return the registry of this process, loaded with the installed plugins at the first call."""
    loaded = Registry()
    found, broken = installed()
    loaded.load_entry_points(select(found), own_modules(found))
    for name, error in broken.items():
        loaded.reports.append(PluginReport(name.split()[0], "entry_points.txt", name, error=error))
    return loaded
