"""`dynode report`: a folder of results as one page."""

from __future__ import annotations

from pathlib import Path

import click

from dynode.cli import console


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@console.output_option("Page to write [default: report.html in the folder].")
@console.FORCE
@console.JSON
def report(folder: Path, output: Path | None, force: bool, as_json: bool) -> None:
    r"""Write one HTML page of what FOLDER holds: figures, curves, tables, pictures, strips of clips.

    FOLDER is that of a training, or of results of `dynode bench -o` and `dynode metrics --json`. The page
    needs nothing beside it and asks for nothing from elsewhere.

    \b
    Try:     dynode report runs/stylegan-v
    Python:  dynode_bench.report('runs/stylegan-v')
    """
    from dynode_bench.reporting import report as write_page

    page = write_page(folder, output, force=force)
    if as_json:
        console.print_json({"output": str(page)})
    else:
        console.tell(str(page))
