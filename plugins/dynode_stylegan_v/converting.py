"""Video generators from one layout into another."""

from __future__ import annotations

from pathlib import Path

from dynode.errors import UnsupportedCheckpointError
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.file import read_network, write_network
from dynode_stylegan_v.published import looks_published, read_discriminator, read_generator
from dynode_stylegan_v.published_writer import write_published

OWN, PUBLISHED = "dynode", "stylegan-v"
_FORMAT = "dynode."


def convert_video(
    source: Path, target: Path, layout: str, *, generator_only: bool, force: bool
) -> tuple[str, ...]:
    """Write a video generator in another layout; see `Convertible.convert`."""
    judge: VideoDiscriminator | None = None
    lost = []
    if looks_published(source):
        network, facts = read_generator(source), {"name": source.stem, "source": source.name}
        if not generator_only:
            judge, trouble = _judge(source)
            lost += [trouble] * bool(trouble)
    else:
        network, facts = read_network(source)
        facts = {key: part for key, part in facts.items() if _is_told(key)}
    if layout == OWN:
        write_network(network, target, metadata=facts, force=force)
        return (*lost, *["the discriminator"] * (judge is not None))
    write_published(network, target, discriminator=judge, force=force)
    told = sorted(set(facts) - {"source"}) if not looks_published(source) else []
    return (*lost, *[", ".join(told)] * bool(told))


def _judge(source: Path) -> tuple[VideoDiscriminator | None, str]:
    """Read the discriminator, or say why it is left out; nothing where the file has none."""
    try:
        return read_discriminator(source), ""
    except UnsupportedCheckpointError as error:
        return None, "" if "holds no D" in str(error) else f"the discriminator ({error})"


def _is_told(key: str) -> bool:
    return key != "config" and not key.startswith(_FORMAT)
