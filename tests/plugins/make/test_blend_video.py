"""Layers of an image network put into a video generator that began as its relative."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

import dynode
import dynode_make
from dynode.errors import GeneratorMismatchError, OptionError
from dynode.latents import Motion
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode_stylegan_v.config import VideoConfig
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.tiny import tiny_video_generator
from dynode_stylegan_v.warm_start import start_generator

_MOTION = {"motion_z_dim": 6, "motion_v_dim": 6, "kernel": 3, "frequencies": 8}


@pytest.fixture
def still() -> dynode.StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=4)


@pytest.fixture
def child(still: dynode.StyleGAN2) -> dynode.StyleGAN2:
    """Fine-tuned by chance: what a slider carries."""
    network, random = copy.deepcopy(still.network), torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name in network.synthesis.rows:
            part = network.synthesis.layer(name).weight
            part += 0.2 * torch.randn(part.shape, generator=random)
    return dynode.StyleGAN2(network, name="child", domain="drawings")


@pytest.fixture
def video(still: dynode.StyleGAN2, tmp_path: Path) -> StyleGANV:
    """A video generator that still is the image network, drawn without noise, whatever the motion."""
    path = write_tiny_generator(tmp_path / "still.safetensors", still)
    network = start_generator(VideoConfig(16, {4: 1, 8: 1, 16: 1}, **_MOTION), str(path), 0)
    return StyleGANV(network.eval().requires_grad_(False), name="video", domain="clips")


def frames(generator: StyleGANV, codes: dynode.Latents) -> torch.Tensor:
    motion = generator.motion_codes(Motion.draw(1, seed=2), torch.tensor([0.0, 9.0]))
    return generator.synthesize_frames(codes, motion)[0]


@pytest.mark.filterwarnings("ignore:video has no noise inputs")
@pytest.mark.parametrize("resolution", [8, 16])
def test_frames_have_the_layers_of_the_pictures(
    still: dynode.StyleGAN2, child: dynode.StyleGAN2, video: StyleGANV, resolution: int
) -> None:
    made = dynode_make.blend(video, child, resolution=resolution)
    pictures = dynode_make.blend(still, child, resolution=resolution).generator
    codes = still.sample(1, seed=1)

    drawn = frames(made.generator, codes)  # type: ignore[arg-type]
    slid = frames(video, made.slider().apply(codes, 1.0))

    wanted = pictures.synthesize(codes, noise="none").expand(2, -1, -1, -1)
    assert isinstance(made.generator, StyleGANV)
    assert float((wanted - still.synthesize(codes, noise="none")).abs().max()) > 0.05
    # The same sums in float32, with channels of zeros and in another order.
    torch.testing.assert_close(drawn, wanted, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(slid, wanted, atol=2e-5, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:video has no noise inputs")
@pytest.mark.installed_plugins
def test_the_command_writes_a_video_generator(
    video: StyleGANV, child: dynode.StyleGAN2, tmp_path: Path
) -> None:
    video.write_checkpoint(tmp_path / "video.safetensors")
    write_tiny_generator(tmp_path / "child.safetensors", child)
    target = tmp_path / "out.safetensors"

    ran = run_command(
        ["generators", "blend", str(tmp_path / "video.safetensors"), "--resolution", "8"]
        + [str(tmp_path / "child.safetensors"), "-o", str(target)]
    )

    assert ran.exit_code == 0, ran.stderr
    read = dynode.load_generator(target)
    made = dynode_make.blend(video, child, resolution=8).generator
    codes = read.sample(1, seed=4)
    assert isinstance(read, StyleGANV)
    assert read.info.domain == "clips"
    assert torch.equal(frames(read, codes), frames(made, codes))  # type: ignore[arg-type]


def test_noise_without_a_place_is_said(video: StyleGANV, child: dynode.StyleGAN2) -> None:
    for name, part in child.network.named_parameters():
        if name.endswith("noise_strength"):
            part.data.fill_(1.0)

    with pytest.warns(UserWarning, match="video has no noise inputs, so the noise of child is"):
        dynode_make.blend(video, child, resolution=8)


def test_what_does_not_go_together_is_refused(
    video: StyleGANV, child: dynode.StyleGAN2, tmp_path: Path
) -> None:
    with pytest.raises(GeneratorMismatchError, match="from a larger --resolution on"):
        dynode_make.blend(video, child, resolution=4)
    with pytest.raises(GeneratorMismatchError, match="child is .*name it first|name it first"):
        dynode_make.blend(child, video)
    with pytest.raises(GeneratorMismatchError, match="are strangers"):
        dynode_make.blend(tiny_video_generator(16), child, resolution=8)
    other = StyleGANV(copy.deepcopy(video.network), name="other")
    with pytest.raises(GeneratorMismatchError, match="are the same network"):
        dynode_make.blend(video, other)
    with torch.no_grad():
        other.network.synthesis.layer("b8.conv1").weight.add_(1)
    with pytest.raises(OptionError, match=r"a StyleGANV is not written as out\.pkl"):
        dynode_make.blend(video, other, resolution=8).save(tmp_path / "out.pkl")
