"""`dynode doctor`: is this machine ready, and if not, what to do."""

from __future__ import annotations

import click

from dynode.cli import console


@click.command()
@console.JSON
def doctor(as_json: bool) -> None:
    r"""Check torch, torchvision, devices, memory, the cache folder and plugins.

    \b
    Try:     dynode doctor
    Python:  dynode.pipeline.health.check()
    """
    from dynode.pipeline.health import check

    findings = check()
    if as_json:
        console.print_json(
            {f.name: {"ok": f.ok, "found": f.found, "advice": f.advice} for f in findings}
        )
    else:
        for finding in findings:
            console.tell(f"{'ok ' if finding.ok else 'BAD'}  {finding.name}: {finding.found}")
            if finding.advice:
                console.tell(f"     {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
