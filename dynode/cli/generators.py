"""`dynode generators`: list, describe, convert, export and fetch generators."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynode.cli import console
from dynode.cli.models import fetch

if TYPE_CHECKING:
    from dynode.generator.protocol import GeneratorInfo
if TYPE_CHECKING:
    from dynode.stylegan2.export import ProgramFormat, ProgramInput


_CHANNELS = {1: ", grey", 3: "", 4: ", with transparency"}
_MEANS = {
    "stored": "stored in the file",
    "estimated": "estimated: the mean of samples, as the file stores none",
    "absent": "absent",
}
_MOST_NAMES = 10


@click.group()
def generators() -> None:
    r"""List, describe, convert, export and fetch generators.

    \b
    Try:  dynode generators list
    """


@generators.command("list")
@console.JSON
def list_generators(as_json: bool) -> None:
    r"""List the generators that can be used by name.

    \b
    Try:     dynode generators list
    Python:  dynode.models.known_models()
    """
    from dynode.models import known_models, present
    from dynode.plugins import registry
    from dynode.plugins.methods import GeneratorProvider

    rows = [
        {"name": p.name, "domain": p.domain, "licence": p.licence, "state": "bundled"}
        for p in registry().generators
        if isinstance(p, GeneratorProvider)
    ]
    for model in known_models().values():
        if model.kind != "generator":
            continue
        state = "fetched" if present(model) else "not fetched"
        rows.append(
            {"name": model.name, "domain": model.domain, "licence": model.licence, "state": state}
        )
    if as_json:
        console.print_json(rows)
        return
    for row in rows:
        console.tell(
            "  ".join((f"{row['name']:<16}", f"{row['domain']:<14}", row["state"], row["licence"]))
        )


@generators.command()
@click.argument("name")
@console.DEVICE
@console.JSON
def info(name: str, device: str | None, as_json: bool) -> None:
    r"""Describe a generator, by name or checkpoint file.

    \b
    Try:     dynode generators info stylegan2-ffhq-config-f.pt
    Python:  dynode.load_generator("stylegan2-ffhq-config-f.pt").info
    """
    from dynode.generator.loading import load_generator

    described = load_generator(name, device=device).info
    if as_json:
        console.print_json(
            dataclasses.asdict(
                dataclasses.replace(
                    described,
                    style_channels=dict(described.style_channels),
                    style_rows=dict(described.style_rows),
                    conv_layers=dict(described.conv_layers),
                )
            )
        )
        return
    height, width = described.resolution
    facts = {
        "name": described.name,
        "draws": f"{described.domain}, {width}×{height} pixels{_CHANNELS[described.image_channels]}",
        "w+ code": f"{described.num_layers} rows of {described.w_dim}",
        "z": f"{described.z_dim}",
        "classes": _classes(described),
        "mean code": _MEANS[described.mean_code],
        "style channels": f"{sum(described.style_channels.values())}",
        "crop": described.crop,
        "licence": described.licence,
        "source": described.source,
        "fingerprint": described.fingerprint,
    }
    for title, fact in facts.items():
        console.tell(f"{title:<15} {fact}")


def _classes(described: GeneratorInfo) -> str:
    if not described.c_dim:
        return "none"
    names = described.class_names
    shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    return f"{described.c_dim}" + (f": {shown}" if shown else " without names")


@generators.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--layout",
    metavar="NAME",
    help="Layout to write: dynode, rosinality, nvlabs, or one of the source's family; by the suffix if "
    "absent.",
)
@click.option(
    "--drop-clamp", is_flag=True, help="Leave out a convolution clamp the layout cannot express."
)
@click.option("--generator-only", is_flag=True, help="Leave out the discriminator.")
@click.option(
    "--class-names",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Text file with a name for each class, one a line; kept in .safetensors.",
)
@console.FORCE
@console.JSON
def convert(
    source: Path,
    target: Path,
    layout: str | None,
    drop_clamp: bool,
    generator_only: bool,
    class_names: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Write a checkpoint in another layout.

    \b
    Try:     dynode generators convert stylegan2-ffhq-config-f.pt ffhq.safetensors
    Python:  dynode.pipeline.convert.convert_checkpoint("stylegan2-ffhq-config-f.pt", "ffhq.safetensors")
    """
    from dynode.pipeline.convert import convert_checkpoint, read_class_names

    with console.progress_bar("converting"):
        written = convert_checkpoint(
            source,
            target,
            layout=layout,
            drop_clamp=drop_clamp,
            generator_only=generator_only,
            class_names=read_class_names(class_names) if class_names else (),
            force=force,
        )
    if as_json:
        console.print_json({"output": str(target), "layout": written})
    else:
        console.tell(f"{target} ({written})")


@generators.command()
@click.argument("name")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "program_format",
    type=click.Choice(["onnx", "pt2"]),
    help="ONNX, or a file of torch.export; by the suffix if absent.",
)
@click.option(
    "--input",
    "takes",
    type=click.Choice(["z", "w", "w+", "styles"]),
    default="w+",
    show_default=True,
    help="What the program takes, a batch of any size.",
)
@console.truncation_option(1.0, "Truncation ψ, for --input z: 1 none, 0 the mean code w_avg.")
@console.DEVICE
@console.FORCE
@console.JSON
def export(
    name: str,
    target: Path,
    program_format: ProgramFormat | None,
    takes: ProgramInput,
    truncation: float,
    device: str | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Write a generator as a program that runs without dynode: ONNX, or torch.export.

    \b
    Try:     dynode generators export facets-128 facets.pt2 --input z --truncation 0.7
    Python:  dynode.export_generator(dynode.load_generator("facets-128"), "facets.pt2", takes="z")
    """
    import dynode

    with console.progress_bar("tracing the network"):
        written = dynode.export_generator(
            dynode.load_generator(name, device=device),
            target,
            format=program_format,
            takes=takes,
            truncation=truncation,
            force=force,
        )
    if as_json:
        console.print_json(dataclasses.asdict(written))
        return
    for part, shape in (*written.inputs, written.output):
        console.say(f"{part:<12} ({', '.join(map(str, shape))})")
    console.tell(str(written.path))


_fetch = copy.copy(fetch)
_fetch.help = (fetch.help or "").replace("models fetch photographs", "generators fetch ffhq-1024")
generators.add_command(_fetch)
