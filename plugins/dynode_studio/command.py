"""`dynode studio`: sliders in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from dynode.cli import console
from dynode.errors import UsageError

_LOCAL = "127.0.0.1"


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to listen on; a free one if absent.",
)
@click.option(
    "--host", default=_LOCAL, show_default=True, help="Address to listen on; others need --token."
)
@click.option("--token", help="Token of the address, 16 characters or more; random if absent.")
@click.option("--browser/--no-browser", default=True, help="Open it in the browser.")
@console.GENERATOR
@console.DEVICE
@console.SEED
def studio(
    source: Path | None,
    port: int,
    host: str,
    token: str | None,
    browser: bool,
    generator: str | None,
    device: str | None,
    seed: int,
) -> None:
    r"""Edit in the browser: sliders of ready and found directions, drawn as they move.

    SOURCE is a picture or a latents file; without it a picture is sampled. The page is for the browser of
    this machine alone: it needs the address that is printed, and nothing is sent elsewhere.

    \b
    Try:     dynode studio
    Python:  the page's 'Copy as Python' gives it for what is on the table
    """
    if host != _LOCAL and token is None:
        raise UsageError(
            f"--host is {host}, which others can reach; add --token TEXT, and give them that too"
        )
    if token is not None and len(token) < 16:
        raise UsageError(f"--token has {len(token)} characters; expected 16 or more")
    try:
        import nicegui  # noqa: F401  # the extra
    except ModuleNotFoundError as error:
        raise UsageError(
            "the studio needs the package nicegui; pip install 'dynode-gan[studio]'"
        ) from error
    from dynode_studio.server import serve
    from dynode_studio.studio import Settings

    serve(Settings(source, generator, device, seed, host, port, token, browser))
