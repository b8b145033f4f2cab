"""The border to plugins: what they do there, and what they return, is checked once, with their name.

A plugin is a stranger's program inside ours. It must neither end the process, nor write into the result
of a command, nor hand over something that fails three steps later.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dynode.errors import PluginError

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator.protocol import Generator
    from dynode.latents.latents import Latents
    from dynode.plugins.inverter import Inverter
    from dynode.plugins.loaded import ScorerModel
    from dynode.plugins.methods import Plugin

SLOW_IMPORT_S = 10.0


@contextlib.contextmanager
def at_work(what: str) -> Iterator[None]:
    """Run a plugin: what it prints goes to stderr, and what would end the process is an error.

    Args:
        what: The plugin and what it does, for messages: `inverter 'x', inverting`.

    Raises:
        PluginError: It called `sys.exit`, or raised something no program catches.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is the result of the command
            yield
    except Exception as error:
        error.add_note(f"in {what}")
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        told = f"sys.exit({error.code!r})" if isinstance(error, SystemExit) else repr(error)
        raise PluginError(
            f"{what} ended with {told}; expected a result or an error; tell its author ('dynode plugins' "
            f"says who)"
        ) from error


def check_codes(
    method: Inverter, generator: Generator, count: int, find: Callable[[], Latents]
) -> Latents:
    """Let an inverter find codes, and check what it returns.

    Args:
        method: The inverter.
        generator: Whose codes they are.
        count: Pictures it was given.
        find: Calls it.

    Returns:
        Latents of that many pictures, off any graph, all of them finite.

    Raises:
        PluginError: It returned something else; the message names it.
    """
    with at_work(f"inverter {method.name!r}"):
        found = find()
    check_latents(found, method, generator, count)
    return found.detach()


def check_latents(found: object, method: Plugin, generator: Generator, count: int) -> None:
    """Check codes that a plugin returned: their type, number, shape and that they are finite.

    Raises:
        PluginError: They are something else.
    """
    from dynode.latents.latents import Latents

    info = generator.info
    wanted = (count, info.num_layers, info.w_dim)
    if not isinstance(found, Latents):
        raise _wrong(method, f"a {type(found).__name__}", "Latents")
    if tuple(found.w.shape) != wanted:
        raise _wrong(method, f"codes of shape {tuple(found.w.shape)}", f"{wanted}")
    parts = [found.w, *found.styles.values()]
    parts += [part for offset in found.weights for part in (*offset.shared, offset.coefficients)]
    if not all(bool(part.isfinite().all()) for part in parts):
        raise _wrong(method, "codes that are not finite", "numbers")


def score_pictures(model: ScorerModel, images: Tensor) -> Tensor:
    """Call a scorer and check what it returns: (n, attributes), finite.

    Raises:
        PluginError: It returned something else; the message names it.
    """
    from torch import Tensor

    name = f"{type(model).__module__}.{type(model).__qualname__}"
    wanted = (len(images), len(model.attributes))
    with at_work(f"scorer {name}"):
        found = model.score(images)
    told = f"a {type(found).__name__}"
    if isinstance(found, Tensor) and tuple(found.shape) == wanted:
        if bool(found.isfinite().all()):
            return found
        told = "scores that are not finite"
    elif isinstance(found, Tensor):
        told = f"scores of shape {tuple(found.shape)}"
    raise PluginError(
        f"scorer {name} returned {told}; expected {wanted}, one column for each of its attributes; tell "
        f"its author ('dynode plugins' says who)"
    )


def _wrong(method: Plugin, found: str, expected: str) -> PluginError:
    bases = type(method).__mro__
    kind = next(base.__name__ for base in bases if base.__module__.startswith(_BASES))
    return PluginError(
        f"{kind} {method.name!r} ({type(method).__module__}) returned {found}; expected {expected}; tell "
        f"its author ('dynode plugins' says who)"
    )


_BASES = "dynode.plugins."  # modules of what plugins derive from


@contextlib.contextmanager
def being_imported(told: str) -> Iterator[None]:
    """Import a plugin: a slow one is named while it runs, and its own KeyboardInterrupt is an error.

    Args:
        told: The plugin, for messages.
    """
    message = f"warning: still importing plugin {told}; DYNODE_LOAD_PLUGINS can leave it out\n"
    timer = threading.Timer(SLOW_IMPORT_S, lambda: (sys.stderr.write(message), sys.stderr.flush()))
    timer.daemon = True
    timer.start()
    try:
        with _interrupts() as pressed, contextlib.redirect_stdout(sys.stderr):
            try:
                yield
            except KeyboardInterrupt as error:
                if pressed:
                    raise
                raise PluginError(
                    "it raised KeyboardInterrupt, and nobody pressed a key"
                ) from error
    finally:
        timer.cancel()


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Note real interrupts; elsewhere than in the main thread there are none."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: object) -> None:
        pressed.append(number)
        if callable(before):
            before(number, frame)  # type: ignore[arg-type]  # what was installed takes the frame

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
