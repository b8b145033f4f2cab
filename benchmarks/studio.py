"""Time the studio as a user meets it, in headless Chromium, and its drawing on its own.

    python benchmarks/studio.py [--parts page desk large memory]

`page`: from the command to the first page and picture; pictures that the browser shows a second while a
slider of facets-256 is dragged, and from letting go to the whole picture. Needs chromium, chromedriver and
selenium. `desk`: the same pictures without server and browser. `large`: previews and whole pictures at
1024 px, random weights of the published widths. `memory`: 20,000 values given to a slider, resident
memory after the first 2,000 and at the end. Wall times, as users wait for them: the load of the machine
is written beside them. Writes benchmarks/results/studio.json and prints the table of docs/studio.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results" / "studio.json"
Figures = dict[str, float]
_WATCH = """
window.shown = []; window.whole = []; window.released = 0;
const box = document.querySelector('.portrait');
document.querySelector('img[data-name=after]').addEventListener('load', () => shown.push(performance.now()));
new MutationObserver(() => {
    if (box.getAttribute('aria-busy') === 'false') requestAnimationFrame(() => whole.push(performance.now()));
}).observe(box, {attributes: true, attributeFilter: ['aria-busy']});
document.addEventListener('mouseup', () => { window.released = performance.now(); }, true);
"""


def open_browser() -> Any:  # a driver of selenium, which is no dependency
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1280,900"):
        options.add_argument(f"--{flag}")
    return Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))


def wait(is_so: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("the studio did not answer")
        time.sleep(0.01)


def measure_page() -> Figures:
    browser = open_browser()
    start = time.perf_counter()
    command = [sys.executable, "-m", "dynode", "studio", "--no-browser", "--seed", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, browser:
        assert server.stdout is not None
        try:
            browser.get(server.stdout.readline().strip())
            found: Figures = {"first page, s": time.perf_counter() - start}
            wait(
                lambda: browser.execute_script(
                    "const i = document.querySelector('img[data-name=after]');"
                    "return i && i.complete && i.naturalWidth > 0"
                )
            )
            found["first picture, s"] = time.perf_counter() - start
            time.sleep(3)  # the changes of the first picture are measured
            return found | drag(browser)
        finally:
            server.terminate()


def drag(browser: Any, rounds: int = 3, moves: int = 240) -> Figures:
    from selenium.webdriver import ActionChains

    browser.execute_script(_WATCH)
    thumb = browser.find_element(
        "css selector", '[aria-label="Strength of smile"] .q-slider__thumb'
    )
    rates, delays = list[float](), list[float]()
    for _ in range(rounds):
        browser.execute_script("shown = []; whole = []; released = 0")
        chain = ActionChains(browser, duration=16).click_and_hold(thumb)
        for number in range(moves):
            chain = chain.move_by_offset(3 if number // 30 % 2 == 0 else -3, 0)
        chain.move_by_offset(9, 0).release().perform()
        wait(lambda: browser.execute_script("return released && whole.some(at => at > released)"))
        shown, whole, released = browser.execute_script("return [shown, whole, released]")
        during = [at for at in shown if at <= released]
        rates.append((len(during) - 1) / (during[-1] - during[0]) * 1000)
        delays.append(next(at for at in whole if at > released) - released)
    return {
        "shown pictures a second": median(rates),
        "release to whole picture, ms": median(delays),
    }


def shown_generator() -> Any:
    """The one that the studio opens with."""
    import dynode
    from dynode_studio.studio import live_generator

    return dynode.load_generator(live_generator())


def make_desk(generator: Any, ready: Any, show: Any = lambda wanted, shown: None) -> Any:
    from dynode_studio.contents import Contents
    from dynode_studio.desk import Desk
    from dynode_studio.drawing import Drawing
    from dynode_studio.state import Slider, State
    from dynode_studio.worker import Device

    state = State(sliders=tuple(Slider(name) for name in ready))
    return Desk(Drawing(generator, ready, Contents()), Device(), state, show)


def milliseconds(desk: Any, index: int, height: int | None, rounds: int) -> dict[str, float]:
    """Draw one slider at several strengths: medians of the clock's and of the processor's time."""
    clocks = {"ms": time.perf_counter, "processor ms": time.process_time}
    taken: dict[str, list[float]] = {name: [] for name in clocks}
    for number in range(rounds + 1):
        state = desk.state.with_slider(index, strength=0.1 * (number + 1))
        starts = {name: clock() for name, clock in clocks.items()}
        desk.drawing.frame(state, height=height)
        for name, clock in clocks.items():
            taken[name].append((clock() - starts[name]) * 1000)
    return {name: median(found[1:]) for name, found in taken.items()}


def measure_desk() -> Figures:
    import torch

    from dynode.pipeline import ready_directions

    generator = shown_generator()
    desk = make_desk(generator, ready_directions(generator.info))
    found: Figures = {}
    for name, threads in (("all threads", torch.get_num_threads()), ("one thread", 1)):
        torch.set_num_threads(threads)
        for side, height in (("128 px", 128), ("256 px", None)):
            taken = milliseconds(desk, 0, height, 30)
            found |= {f"{side} in {name}, {unit}": value for unit, value in taken.items()}
    return found


def measure_large() -> Figures:
    import torch
    from synthesis import make_generator

    import dynode

    generator = make_generator(1024)
    rows = torch.arange(generator.info.num_layers)[:, None]
    shift = torch.full((1, generator.info.w_dim), 0.1)
    ready = {
        "all rows": dynode.LinearDirection(shift * (rows >= 0)),
        "rows 14-": dynode.LinearDirection(shift * (rows >= 14)),
    }
    desk = make_desk(generator, ready)
    return {
        f"1024 px {what} of {name}, {unit}": value
        for index, name in enumerate(ready)
        for what, height, rounds in (
            *((f"{side} px preview", side, 3) for side in (256, 128, 64)),
            ("whole picture", None, 2),
        )
        for unit, value in milliseconds(desk, index, height, rounds).items()
    }


def measure_memory(events: int = 20_000, warm: int = 2_000) -> Figures:
    from dynode.pipeline import ready_directions
    from dynode_studio.frames import Frames

    frames, generator = Frames(), shown_generator()
    desk = make_desk(
        generator,
        ready_directions(generator.info),
        lambda wanted, shown: frames.add(shown.after),
    )
    early = 0.0
    for number in range(events):
        desk.move(number % 7, (number * 37 % 800) / 100 - 4)
        if number % 50 == 49:
            desk.settle()
        time.sleep(0.0005)
        if number == warm:
            early = resident()
    late, drawn = resident(), desk.pictures.begun
    desk.close()
    desk.device.close()
    return {
        "pictures drawn": drawn,
        "resident early, MiB": early,
        "resident late, MiB": late,
        "growth, %": (late / early - 1) * 100,
    }


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


PARTS: dict[str, Callable[[], Figures]] = {
    "page": measure_page,
    "desk": measure_desk,
    "large": measure_large,
    "memory": measure_memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in parser.parse_args().parts:
        load = os.getloadavg()[0]
        found = PARTS[part]()
        known[part] = {name: round(value, 2) for name, value in found.items()}
        known[part]["load of the machine"] = [round(load, 2), round(os.getloadavg()[0], 2)]
        for name, value in known[part].items():
            print(f"| {part} | {name} | {value} |", flush=True)
        RESULTS.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
