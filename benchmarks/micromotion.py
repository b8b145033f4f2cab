"""Score micromotions on the bundled world, where every factor is known.

    python benchmarks/micromotion.py

Parts, each kept in the state folder as soon as it is finished:

- anchors: one sampled face, edited by five texts with eleven degrees each, in the default mode of
  StyleCLIP's optimisation; for the smile in its published mode too (40 steps, as the released code);
- text: the micromotion of each text on 64 other faces, beside the raw differences of its anchors,
  StyleCLIP's global direction and InterFaceGAN, all at the same effect on other pictures;
- variance: how much of the anchors the first components of each row of W+ explain;
- video: the direction of a rendered clip of a turning head, beside InterFaceGAN's;
- animate: seconds, and how far what stands still varies.

- effect: mean change of the factor in standard deviations, in the wanted direction
- leakage: mean absolute change of the other factors, over pictures and factors
- systematic: the same of the mean changes
- identity: root mean square change of the identity factors
- order: Spearman correlation of progress and effect, mean over the faces, and over those that begin
  at least one deviation from the end of the factor's range; of the mean effect

Writes results/micromotion.json and .md, and docs/images/micromotion-variance.png.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch
from micromotion_animate import animate_part
from micromotion_bench import Bench
from micromotion_parts import anchors_part, text_part, variance_part, video_part
from micromotion_tables import report, strip
from result_files import RESULTS, write_json, write_markdown

from dynode_facets.training.micromotions import MOTIONS

PARTS: dict[str, Callable[[Bench], dict]] = {
    "anchors": anchors_part,
    "text": text_part,
    "variance": variance_part,
    "video": video_part,
    "animate": animate_part,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--face", type=int, default=3, help="seed of the face the texts edit")
    parser.add_argument("--pictures", type=int, default=64, help="held-out faces")
    parser.add_argument("--samples", type=int, default=3000, help="pictures of the boundaries")
    parser.add_argument("--part", action="append", choices=list(PARTS), default=[])
    parser.add_argument("--state", type=Path, default=Path("runs") / "micromotion")
    parser.add_argument("--motion", default="", help="ready motion of the part animate")
    parser.add_argument("--strip", type=Path, help="draw the ready micromotions into this picture")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.state.mkdir(parents=True, exist_ok=True)
    bench = Bench(args)
    if args.strip:
        strip(bench, list(MOTIONS), args.strip)
        return
    target = RESULTS / "micromotion.json"
    found = json.loads(target.read_text()) if target.exists() else {}
    for name in args.part or PARTS:
        found[name] = PARTS[name](bench)
        write_json("micromotion", found)
        write_markdown("micromotion", report(found, args))


if __name__ == "__main__":
    main()
