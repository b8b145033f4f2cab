"""Whole frames out of interlaced ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av
    from av.filter import Graph

_FILTER = (
    "mode=send_frame:parity=auto:deint=interlaced"  # one frame for each, progressive ones as is
)


def deinterlaced(frames: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Fill in the lines of the other field (FFmpeg's bwdif), one frame for each.

    Frames that are not marked as interlaced pass unchanged.
    """
    import av

    graph: Graph | None = None
    shape: tuple[int, int, str] | None = None
    for count, frame in enumerate(frames):
        found = (frame.width, frame.height, frame.format.name)
        if graph is None or found != shape:
            yield from _rest(graph)
            graph, shape = _graph(frame), found
        frame.pts = count  # the filter asks for times that increase
        graph.vpush(frame)
        while True:
            try:
                yield graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                break
    yield from _rest(graph)


def _rest(graph: Graph | None) -> Iterator[av.VideoFrame]:
    """Take out what a graph still holds."""
    import av

    if graph is None:
        return
    graph.vpush(None)
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _graph(frame: av.VideoFrame) -> Graph:
    from fractions import Fraction

    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=Fraction(1, 25),
    )
    steps = [source, graph.add("bwdif", _FILTER), graph.add("buffersink")]
    for before, after in zip(steps, steps[1:], strict=False):
        before.link_to(after)
    graph.configure()
    return graph
