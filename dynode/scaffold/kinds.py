"""What differs between kinds of new plugins besides their templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_WIDTH = "import dynode, torch; n = dynode.load_generator().info.w_dim; "
_SAVE = f"{_WIDTH}torch.save({{'from': torch.zeros(n), 'to': torch.ones(n)}}, 'ends.pt')"
_SHRINK = (
    f"{_WIDTH}from ${{module}}_kind import Shrink; Shrink(torch.zeros(n)).save('s.safetensors')"
)
_FAMILY = (
    "from pathlib import Path; from $module import write_example; write_example(Path('n.bin'))"
)


@dataclass(frozen=True)
class Kind:
    """What differs between kinds of plugins besides the templates.

    Attributes:
        summary: What the generated thing does.
        example: Commands to try it with, in order.
        modules: Further modules by what their name ends in: the template of each.
    """

    summary: str
    example: tuple[str, ...]
    modules: Mapping[str, str] = field(default_factory=dict)


KINDS = {
    "direction": Kind("lighten the picture", ("dynode edit --plugin $name -o $name.png",)),
    "inverter": Kind(
        "codes of a picture by gradient descent",
        (
            "dynode generate --seeds 3 -o face.png",
            "dynode edit face.png --inverter $name --plugin sefa --component 0 -o edited.png",
        ),
    ),
    "generator": Kind(
        "a tiny generator with random weights",
        ("dynode generate --generator $name -o $name.png",),
    ),
    "generator-family": Kind(
        "files of a small convolutional network",
        (f'python -c "{_FAMILY}"', "dynode generate --generator n.bin -o n.png"),
    ),
    "scorer": Kind(
        "how light and how warm a picture is",
        (
            "dynode find interfacegan --scorer $name --attribute light --samples 400 -o light.safetensors",
        ),
    ),
    "text-encoder": Kind(
        "colours by name",
        (
            "dynode find styleclip-global --clip $name --text red -o red.safetensors",
            "dynode edit --direction red.safetensors -o red.png",
        ),
    ),
    "metric": Kind(
        "distance of the mean colours",
        ("dynode generate --seeds 0-3 -o photos.png", "dynode metrics $name photos.png photos.png"),
    ),
    "distance": Kind(
        "difference of pictures made small",
        (
            "dynode generate --seeds 3 -o face.png",
            "dynode invert face.png --inverter optimize --steps 50 --distance $name -o face.safetensors",
        ),
        {"features": "features.py"},
    ),
    "face-detector": Kind(
        "a face that fills what stands out from the background",
        (
            "dynode generate --seeds 3 -o photo.png",
            "dynode crop align photo.png --face-detector $name -o face.png",
        ),
    ),
    "direction-kind": Kind(
        "codes drawn towards one code",
        (f'python -c "{_SHRINK}"', "dynode edit --direction s.safetensors:0.3 -o s.png"),
        {"kind": "kind.py"},
    ),
    "format": Kind(
        "two codes, whose difference is the direction",
        (
            f'python -c "{_SAVE}"',
            "dynode directions import ends.pt -o ends.safetensors",
            "dynode edit --direction ends.safetensors:0.1 -o ends.png",
        ),
    ),
    "trainable": Kind(
        "a trained offset that lightens every picture",
        (
            "dynode train $name -o $name.safetensors",
            "dynode edit --direction $name.safetensors -o $name.png",
        ),
        {"training": "training.py"},
    ),
    "command": Kind("how light the pictures of seeds are", ("dynode $name 0-3",)),
}
