"""How `dynode edit` tells what it did: lines for people, one document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynode.cli import console
from dynode.cli.clip_options import say_result

if TYPE_CHECKING:
    from dynode.pipeline.clip_edit import ClipEdit
    from dynode.pipeline.clips import ClipResult
    from dynode.pipeline.edited import EditResult


def say_picture(result: EditResult, plugin: str | None, seconds: float) -> None:
    """Tell an edit of pictures on stderr."""
    from dynode.pipeline import report

    _say_unit(plugin, result)
    for conflict in report.conflicts(result.stack, result.strength):
        console.say(f"conflict: {conflict}")
    for shortfall in report.shortfalls(result.changes, result.stack, result.strength):
        console.say(f"falls short: {shortfall}")
    identity = "".join(f"; identity {each:.3f}" for each in _identity(result))
    console.say(f"{report.summary(result.changes, result.stack)}{identity}; {seconds} s")


def say_clip(result: ClipEdit, written: ClipResult) -> None:
    """Tell an edit of a clip on stderr."""
    from dynode.pipeline import report

    for conflict in report.conflicts(result.stack, result.strength):
        console.say(f"conflict: {conflict}")
    for shortfall in report.shortfalls(result.changes, result.stack, result.strength):
        console.say(f"falls short: {shortfall}")
    console.say(f"first frame: {report.summary(result.changes, result.stack)}")
    say_result(written)


def picture_document(
    result: EditResult, plugin: str | None, options: dict[str, Any]
) -> dict[str, Any]:
    """Describe an edit of pictures in JSON values."""
    import torch

    from dynode.pipeline import report

    return {
        "plugin": plugin,
        "options": options,
        "strength": result.strength,
        "generator": result.generator.info.name,
        "directions": [
            {"name": d.info.name, "space": d.space, "strength": torch.as_tensor(own).tolist()}
            for d, own in result.stack
        ],
        "expected_in_standard_deviations": dict(
            report.expected_effects(result.stack, result.strength)
        ),
        "conflicts": [
            str(conflict) for conflict in report.conflicts(result.stack, result.strength)
        ],
        "changes_in_standard_deviations": _rounded(result),
        "faces": _faces(result),
    }


def clip_document(result: ClipEdit, written: ClipResult) -> dict[str, Any]:
    """Describe an edit of a clip in JSON values."""
    return {"changes_of_first_frame": _rounded(result)} | written.document()


def _identity(result: EditResult) -> tuple[float, ...]:
    from dynode.pipeline.photographs import PhotographEdit

    return result.identity if isinstance(result, PhotographEdit) else ()


def _faces(result: EditResult) -> list[dict[str, object]]:
    """Describe the faces of a photograph that were found; none of a picture that was taken whole."""
    from dynode.pipeline.photographs import PhotographEdit

    if not isinstance(result, PhotographEdit):
        return []
    frames = result.photograph.frames
    told = [round(each, 4) for each in result.identity]
    identity: list[float | None] = [*told] or [None] * len(frames)
    return [
        {"centre": frame.centre, "half": frame.half, "identity": same}
        for frame, same in zip(frames, identity, strict=True)
    ]


def _rounded(result: EditResult) -> dict[str, float]:
    return {name: round(change, 3) for name, change in result.changes.items()}


def _say_unit(plugin: str | None, result: EditResult) -> None:
    """Say what a direction that was found for all pictures does at strength 1, if it knows."""
    from dynode.direction.info import DirectionInfo
    from dynode.plugins import registry

    if plugin is None or registry().directions[plugin].per_image:
        return
    found = list(result.stack)[-1][0].info
    if found.unit != DirectionInfo().unit:
        console.say(f"{found.name}: strength 1 is {found.unit}")
