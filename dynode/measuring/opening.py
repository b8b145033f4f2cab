"""What a name, file or folder on the command line stands for: a side of a measurement."""

from __future__ import annotations

import warnings
from pathlib import Path

from torch import Tensor

from dynode.errors import MediaError, OptionError, UnknownNameError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.generator.video import VideoGenerator
from dynode.measuring.clips import DrawnClips, FileFrames, FolderFrames, Frames, StoredClips
from dynode.measuring.pictures import (
    ClipFrames,
    DrawnPictures,
    OnePicture,
    StoredPictures,
    folders_of,
)
from dynode.measuring.side import Drawing, Side, TensorSide
from dynode.media.clip import open_clip
from dynode.media.kind import kind_of
from dynode.media.picture_set import PictureSet, look_into, open_pictures
from dynode.plugins.metric import Needs

Source = str | Path | Generator | Tensor
_PICTURES, _CLIPS = 4, 5  # axes of tensors


def open_side(source: Source, needs: Needs, drawing: Drawing) -> Side:
    """Open one side.

    Args:
        source: A generator by name, file or loaded; a folder, zip file, clip or picture; or items in
            memory, (n, 3, h, w) or (n, T, 3, h, w) in [-1, 1].
        needs: Whether pictures or clips are wanted, and how long ones.
        drawing: How items are drawn, and what is done to those that are read.

    Raises:
        UnknownNameError: There is no such generator or file.
        MediaError: It holds nothing that is wanted.
        OptionError: The generator draws stills, and clips are wanted.
    """
    if isinstance(source, Tensor):
        return _in_memory(source, needs)
    if isinstance(source, str | Path):
        path = Path(source)
        kind = kind_of(path) if path.exists() else "other"
        if kind in ("folder", "archive", "clip", "picture"):
            return (
                _clips(path, kind, needs, drawing)
                if needs.items == "clips"
                else _pictures(path, kind, drawing)
            )
    generator = _generator(source, drawing)
    if needs.items == "pictures":
        return DrawnPictures(generator, drawing)
    if isinstance(generator, VideoGenerator) and generator.motion_width:
        return DrawnClips(generator, needs, drawing)
    raise OptionError(
        f"{generator.info.name} draws stills, and clips are measured; give a folder of clips, a clip, or a "
        f"video generator"
    )


def _generator(source: str | Path | Generator, drawing: Drawing) -> Generator:
    try:
        return loaded(source, device=drawing.device)
    except UnknownNameError as error:
        raise UnknownNameError("generator, file or folder", error.name, error.known) from error


def _in_memory(items: Tensor, needs: Needs) -> Side:
    wanted = _CLIPS if needs.items == "clips" else _PICTURES
    if items.dim() != wanted or items.shape[-3] != 3 or not items.is_floating_point():
        shape = "(n, T, 3, h, w)" if wanted == _CLIPS else "(n, 3, h, w)"
        raise OptionError(
            f"a side is a tensor {tuple(items.shape)} of {items.dtype}; expected {needs.items} {shape}, "
            f"float in [-1, 1]"
        )
    return TensorSide(items)


def _pictures(path: Path, kind: str, drawing: Drawing) -> Side:
    if kind == "picture":
        return OnePicture(path, drawing)
    if kind == "clip":
        return ClipFrames(open_clip(path), drawing)
    pictures = open_pictures(path)
    if kind == "folder" and not len(pictures):
        pictures = _in_subfolders(path)
    elif kind == "folder":
        _tell_left_out(path, clips_wanted=False)
    if not len(pictures):
        raise MediaError(f"{path} holds no pictures; give a folder or zip file of pictures")
    return StoredPictures(pictures, drawing)


def _in_subfolders(path: Path) -> PictureSet:
    """List the pictures at any depth, as data sets with a folder for each class have them."""
    folders = sorted(each for each in path.rglob("*") if each.is_dir() and each.name[0] != ".")
    names = [
        (folder.relative_to(path) / name).as_posix()
        for folder in folders
        for name in open_pictures(folder).names
    ]
    return PictureSet(path, tuple(names))


def _clips(path: Path, kind: str, needs: Needs, drawing: Drawing) -> Side:
    if kind == "picture":
        raise MediaError(f"{path.name} is a still picture, and clips are measured; give a clip")
    if kind == "clip":
        found: list[Frames] = [FileFrames(open_clip(path))]
    elif kind == "archive":
        found = _clips_of_archive(path)
    else:
        found = _clips_of_folder(path)
    if not found:
        raise MediaError(
            f"{path} holds no clips; give a folder of clips, of folders of frames, or of the frames of one"
        )
    return StoredClips(path.name, found, needs, drawing)


def _clips_of_folder(path: Path) -> list[Frames]:
    """Take the clips of a folder, else its folders of frames, else its pictures as one clip."""
    content = look_into(path)
    if content.clips:
        _tell_left_out(path, clips_wanted=True)
        return [FileFrames(open_clip(path / name)) for name in sorted(content.clips)]
    folders = sorted(each for each in path.iterdir() if each.is_dir() and each.name[0] != ".")
    sets = [(each.name, open_pictures(each)) for each in folders]
    framed: list[Frames] = [
        FolderFrames(name, pictures) for name, pictures in sets if len(pictures)
    ]
    if framed:
        return framed
    own = open_pictures(path)
    return [FolderFrames(path.name, own)] if len(own) else []


def _clips_of_archive(path: Path) -> list[Frames]:
    known = set(open_pictures(path).names)
    found: list[Frames] = []
    for folder, names in folders_of(path).items():
        pictures = tuple(name for name in names if name in known)
        if pictures:
            found.append(FolderFrames(folder or path.stem, PictureSet(path, pictures)))
    return found


def _tell_left_out(path: Path, *, clips_wanted: bool) -> None:
    """Warn of what lies in a folder and is not measured."""
    content = look_into(path)
    told = list(content.others.values())
    if clips_wanted:
        told += [f"{picture.name} is a picture" for picture in content.pictures]
    else:
        told += list(content.clips.values())
    if told:
        more = f" and {len(told) - 3} more" if len(told) > 3 else ""
        warnings.warn(f"left out of {path}: {'; '.join(told[:3])}{more}", stacklevel=3)
