"""Which mistakes of plugins `dynode plugins check` notices: all checks on all mutants.

    python benchmarks/check_mutants.py [--only NAME]

The list is `tests/testing/mutants.py`. Prints a table; the figures stand in docs/testing.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType

os.environ["DYNODE_LOAD_PLUGINS"] = ""  # the checks see the mutants alone


def load_mutants() -> ModuleType:
    path = Path(__file__).parents[1] / "tests" / "testing" / "mutants.py"
    spec = importlib.util.spec_from_file_location("mutants", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name holds this")
    only = parser.parse_args().only
    import torch

    from dynode.testing import checks_for

    warnings.simplefilter("ignore")
    caught = total = 0
    started = time.perf_counter()
    for mutant in load_mutants().MUTANTS:
        if only not in mutant.name:
            continue
        total += 1
        failed = []
        for check in checks_for(mutant.make()):
            if check.outcome().status == "failed":
                failed.append(check.id)
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
        caught += bool(failed)
        told = ", ".join(failed) or f"MISSED {mutant.missed}"
        print(f"| {mutant.name} | {told} |", flush=True)
    print(f"{caught} of {total} caught, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
