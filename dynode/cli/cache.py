"""`dynode cache`: what is kept for later, and taking it away."""

from __future__ import annotations

import dataclasses

import click

from dynode.cli import console


@click.group()
def cache() -> None:
    r"""Show or clear what is kept for later: codes of pictures, statistics, fetched models.

    \b
    Try:  dynode cache info
    """


@cache.command()
@console.JSON
def info(as_json: bool) -> None:
    r"""Say what lies in the cache folder (DYNODE_CACHE) and how large it is.

    \b
    Try:     dynode cache info
    Python:  dynode.models.cache_parts()
    """
    from dynode import models

    parts = models.cache_parts()
    if as_json:
        folder = str(models.cache_folder())
        console.print_json({"folder": folder, "parts": [dataclasses.asdict(p) for p in parts]})
        return
    console.tell(str(models.cache_folder()))
    for part in parts:
        size = models.size_in_words(part.size_bytes)
        console.tell(
            f"  {part.name or 'models':<12} {part.files:>6} files  {size:>9}  {part.about}"
        )


@cache.command()
@click.argument("part", required=False)
@console.JSON
def clear(part: str | None, as_json: bool) -> None:
    r"""Remove what can be made again: all of it, or one PART that 'dynode cache info' lists.

    Fetched models and your own directions stay.

    \b
    Try:     dynode cache clear
    Python:  dynode.models.clear_cache()
    """
    from dynode import models

    freed = models.clear_cache(part)
    if as_json:
        console.print_json({"freed_bytes": freed})
        return
    console.tell(f"{models.size_in_words(freed)} freed")
