"""`dynode models`: published weights that are fetched, added and used by name, alone or as sets."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console
from dynode.errors import MissingWeightsError, OptionError, UnknownNameError

if TYPE_CHECKING:
    from dynode.models import KnownModel


@click.group()
def models() -> None:
    r"""List, fetch and add published weights: generators, encoders, text-image models, detectors.

    \b
    Try:  dynode models list
    """


@models.command("list")
@console.JSON
def list_models(as_json: bool) -> None:
    r"""List the published weights, which of them are here, and the sets that are fetched together.

    \b
    Try:     dynode models list
    Python:  dynode.models.known_models()
    """
    from dynode.models import known_models, model_sets

    rows = [_told(model) for model in known_models().values()]
    sets = list(model_sets().values())
    if as_json:
        console.print_json({"models": rows, "sets": [dataclasses.asdict(each) for each in sets]})
        return
    for row in rows:
        state = "here" if row["path"] else "not here"
        told = (f"{row['name']:<16}", f"{row['kind']:<13}", f"{row['domain']:<13}", f"{state:<9}")
        console.tell("  ".join((*told, row["licence"])))
    for each in sets:
        console.tell(f"set {each.name}: {', '.join(each.models)} ({each.about})")


@models.command()
@click.argument("name")
@console.JSON
def info(name: str, as_json: bool) -> None:
    r"""Describe published weights, or a set of them: address, licence, size, hash, where they lie.

    \b
    Try:     dynode models info photographs
    Python:  dynode.models.model_sets()["photographs"]
    """
    members, also = _members([name])
    rows = [_told(model) for model in members]
    if as_json:
        console.print_json({"models": rows, "also": also})
        return
    for row in rows:
        for title, fact in row.items():
            console.tell(f"{title:<10} {fact or 'unknown'}")
        console.tell("")
    if also:
        console.tell(also)


@models.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--url", help="Address of a generator that is not listed; NAME names it from now on.")
@click.option(
    "--mirror", help="Address of a folder that holds the files under their published names."
)
@click.option("--sha256", default="", help="Hash the publisher gives; the file must match it.")
@click.option("--trust", is_flag=True, help="Take a file nobody has recorded a hash of.")
@click.option("--accept-licence", is_flag=True, help="You have read the licence of the weights.")
@console.JSON
def fetch(
    names: tuple[str, ...],
    url: str | None,
    mirror: str | None,
    sha256: str,
    trust: bool,
    accept_licence: bool,
    as_json: bool,
) -> None:
    r"""Download published weights, or a set, into the cache; an interrupted download goes on.

    On a terminal, sizes and licences are shown and one question is asked; elsewhere --accept-licence
    answers it. NAME may be an address, hf://owner/repo/file or https://…; where a file is taken, the
    address then stands for it. With --trust the hash of a file that has none is recorded, and checked from
    then on.

    \b
    Try:     dynode models fetch photographs --accept-licence --trust
    Python:  dynode.models.fetch(dynode.models.known_models()["ffhq-1024"])
    """
    from dynode import models as weights

    chosen, also = _chosen(names, url, mirror, sha256)
    _ask(chosen, accept_licence=accept_licence)
    paths = dict[str, str]()
    for model in chosen:
        address = f"{mirror.rstrip('/')}/{model.published_name}" if mirror else model.url
        console.say(f"fetching {address}")
        with console.progress_bar(f"fetching {model.name}") as progress:
            path = weights.fetch(model, mirror=address, trust=trust, progress=progress)
        paths[model.name] = str(path)
        if not as_json:
            console.tell(str(path))
    if as_json:
        console.print_json({"output": paths})
    if also:
        console.say(also)


@models.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="What it is, where it is not recognised.")
@console.JSON
def add(path: Path, name: str | None, as_json: bool) -> None:
    r"""Take weights you already have; they are recognised by hash, or by the publisher's file name.

    \b
    Try:     dynode models add e4e_ffhq_encode.pt
    Python:  dynode.models.add("stylegan2-ffhq-config-f.pt", "ffhq-1024")
    """
    from dynode.models import add as keep

    model, kept = keep(path, name)
    if as_json:
        console.print_json({"name": model.name, "output": str(kept)})
        return
    console.say(f"{path.name} is {model.name}")
    console.tell(str(kept))


def _members(names: tuple[str, ...] | list[str]) -> tuple[list[KnownModel], str]:
    """Find weights by names, of sets too, and what the sets need besides."""
    from dynode.models import described, is_address, known_models, model_sets

    known, sets = known_models(), model_sets()
    known = known | {name: described(name) for name in names if is_address(name)}
    found: dict[str, KnownModel] = {}
    also: list[str] = []
    for name in names:
        if name not in known and name not in sets:
            raise UnknownNameError("published weights or set", name, [*known, *sets])
        each = sets.get(name)
        found |= {member: known[member] for member in (each.models if each else (name,))}
        also += [each.also] if each and each.also else []
    return list(found.values()), "; ".join(also)


def _chosen(
    names: tuple[str, ...], url: str | None, mirror: str | None, sha256: str
) -> tuple[list[KnownModel], str]:
    from dynode.models import KnownModel, known_models

    if url and mirror:
        raise OptionError("--url and --mirror both say where the file is; leave one of them out")
    if (url or sha256) and len(names) > 1:
        raise OptionError("--url and --sha256 are of one file; name one")
    known = known_models()
    if url and (names[0] not in known or known[names[0]].url != url):
        return [KnownModel(names[0], url, "unknown", "unknown", sha256)], ""
    chosen, also = _members(names)
    if sha256 and len(chosen) > 1:
        raise OptionError(f"--sha256 is of one file, and {names[0]} is a set; leave it out")
    return [dataclasses.replace(each, sha256=sha256 or each.sha256) for each in chosen], also


def _ask(chosen: list[KnownModel], *, accept_licence: bool) -> None:
    if accept_licence:
        return
    told = "; ".join(f"{m.name} ({_size(m)}, {m.url}) under {m.licence}" for m in chosen)
    if sys.stdin.isatty():
        click.confirm(f"Fetch {told}? You accept these licences", abort=True, err=True)
        return
    one = chosen[0]
    what = f"{one.name} comes from {one.url} under the licence {one.licence}; read it there"
    if len(chosen) > 1:
        what = f"{told}: read the licences there"
    raise MissingWeightsError(f"{what} and add --accept-licence")


def _size(model: KnownModel) -> str:
    return f"{model.megabytes} MB" if model.megabytes else "size unknown"


def _told(model: KnownModel) -> dict[str, Any]:
    from dynode.models import present

    return {
        "name": model.name,
        "kind": model.kind,
        "domain": model.domain,
        "file": model.published_name,
        "address": model.url,
        "licence": model.licence,
        "size": _size(model),
        "sha256": model.sha256,
        "path": str(present(model) or ""),
    }
