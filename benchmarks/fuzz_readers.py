"""Change files at random and read them: nothing may come out but a value or one line of ours.

    OMP_NUM_THREADS=1 python benchmarks/fuzz_readers.py --json benchmarks/results/fuzz-readers.json

Each reader runs in a process of its own, which may take 1 GB more than it has after its imports.
A mutation is one of: bytes flipped, overwritten by extreme numbers, cut, removed, inserted, repeated,
digits of the text exchanged. All of them follow from reader, seed and number. What is reported: foreign
exceptions, the slowest mutation, the largest resident memory beyond the start.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from fuzz.readers import READERS

MOST_BYTES = 2**30
MOST_SECONDS = 10.0
_NUMBERS = [struct.pack("<I", n) for n in (0, 1, 2**15, 2**31 - 1, 2**31, 2**32 - 1)]
_NUMBERS += [struct.pack("<Q", n) for n in (0, 2**40, 2**62, 2**63, 2**64 - 1)] + [b"\0", b"\xff"]


def mutated(content: bytes, dice: random.Random) -> bytes:
    """Change a file in one to four places."""
    data = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(data) + 1)
        if dice.random() < 0.5:  # where most of the meaning is
            at = min(dice.choice((at % 512, max(0, len(data) - at % 512))), len(data))
        kind = dice.randrange(8)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = dice.randrange(256)
        elif kind == 2:
            number = dice.choice(_NUMBERS)
            data[at : at + len(number)] = number
        elif kind == 3 and dice.random() < 0.3:
            del data[at:]
        elif kind == 4:
            del data[at : at + dice.randrange(1, 32)]
        elif kind == 5:
            data[at:at] = dice.randbytes(dice.randrange(1, 16))
        elif kind == 6:
            data[at:at] = data[at : at + dice.randrange(1, 64)] * dice.choice((1, 2, 64))
        elif kind == 7:
            digits = [i for i in range(len(data)) if 48 <= data[i] < 58][:4096]
            if digits:
                data[dice.choice(digits)] = dice.choice(b"0123456789-e.")
    return bytes(data)


def resident() -> int:
    """Return the largest resident size so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_memory() -> None:
    """Allow so much address space beyond what is mapped now."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MOST_BYTES, mapped + MOST_BYTES))


def run(name: str, mutations: int, seed: int, seconds: float, pipe: Connection) -> None:
    """Read mutations of one reader's files and send what came of it."""
    from dynode.errors import DynodeError

    warnings.simplefilter("ignore")
    reader = READERS[name]
    outcomes: Counter[str] = Counter()
    foreign: list[str] = []
    slowest, done = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        files = reader.make(Path(folder))
        reader.read(reader.write(Path(folder), files[0]))  # whole, and everything imported
        before = resident()
        limit_memory()
        begin = time.process_time()
        for number in range(mutations):
            if time.process_time() - begin > seconds:
                break
            dice = random.Random(f"{name} {seed} {number}")
            path = reader.write(Path(folder), mutated(files[number % len(files)], dice))
            start = time.process_time()
            try:
                reader.read(path)
                outcomes["read"] += 1
            except DynodeError as error:
                outcomes[type(error).__name__] += 1
                if "\n" in str(error):
                    foreign.append(f"{number}: several lines: {error}")
            except BaseException as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                foreign.append(f"{number}: {type(error).__name__} at {place}: {error}"[:300])
            slowest = max(slowest, time.process_time() - start)
            done += 1
    grown = max(0, resident() - before)
    pipe.send(
        {
            "mutations": done,
            "outcomes": dict(outcomes),
            "foreign": foreign[:20],
            "foreign_count": len(foreign),
            "slowest_s": round(slowest, 3),
            "memory_mb": round(grown / 2**20),
        }
    )


def tried(name: str, mutations: int, seed: int, seconds: float = 1e9) -> dict[str, object]:
    """Run one reader in a child process; a child that dies is a finding."""
    context = multiprocessing.get_context("fork")  # what takes long to import is there already
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=run, args=(name, mutations, seed, seconds, there))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of the parent; the child uses none of theirs
        child.start()
    there.close()
    try:
        found: dict[str, object] = here.recv()
    except EOFError:
        found = {
            "mutations": 0,
            "foreign": [],
            "foreign_count": 1,
            "slowest_s": 0.0,
            "memory_mb": 0,
        }
    child.join()
    if child.exitcode:
        found["foreign"] = [*list(found["foreign"]), f"the process ended with {child.exitcode}"]  # type: ignore[call-overload]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", action="append", choices=sorted(READERS))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    table: dict[str, dict[str, object]] = {}
    for name in given.reader or READERS:
        if not READERS[name].is_installed:
            print(f"{name:28} left out: install {READERS[name].package}", flush=True)
            continue
        table[name] = found = tried(name, given.mutations, given.seed)
        print(
            f"{name:28} {found['mutations']:>6} mutations, {found['foreign_count']} foreign, "
            f"slowest {found['slowest_s']} s, {found['memory_mb']} MB",
            *list(found["foreign"])[:3],  # type: ignore[call-overload]
            sep="\n    ",
            flush=True,
        )
        if given.json:
            report = {"seed": given.seed, "readers": table}
            given.json.write_text(json.dumps(report, indent=1) + "\n")
    return int(any(found["foreign_count"] for found in table.values()))


if __name__ == "__main__":
    sys.exit(main())
