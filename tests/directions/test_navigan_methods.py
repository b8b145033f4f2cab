"""The four methods as a user meets them: batches, files, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import dynode
from dynode import WeightDirection, load_direction
from dynode.direction.weight_basis import FixedBasis, LayerDirections, SingularBasis, layer_weight
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.importing import export_direction, import_directions
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator, write_tiny_generator
from dynode.testing.command import run_command
from dynode_navigan.predictor import LeNetPredictor
from dynode_navigan.published_files import write_checkpoint, write_eigenvectors

SMALL = {"distance": "pixels", "samples": 2, "name_by_effect": False}

pytestmark = pytest.mark.installed_plugins


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=8)


def directions_of(generator: StyleGAN2, layer: str) -> LayerDirections:
    weight = layer_weight(generator, layer)
    return LayerDirections.plain(layer, SingularBasis.of(weight), weight)


@pytest.mark.parametrize("layer", ["b4.conv1", "b8.conv0", "b16.conv1", "b16.torgb"])
def test_a_batch_of_directions_and_shifts_equals_single_renders(
    generator: StyleGAN2, layer: str
) -> None:
    directions = directions_of(generator, layer)
    latents = generator.sample(16, seed=0)
    which = torch.arange(16) % len(directions)
    shifts = torch.linspace(-20, 20, 16)

    batch = generator.synthesize(directions.move(latents, which, shifts))

    single = [
        generator.synthesize(directions.move(latents[i], int(which[i]), float(shifts[i])))
        for i in range(16)
    ]
    torch.testing.assert_close(batch, torch.cat(single), rtol=0, atol=1e-5)


def test_a_zero_shift_changes_nothing_visible(generator: StyleGAN2) -> None:
    latents = generator.sample(2, seed=0)

    moved = directions_of(generator, "b8.conv1").move(latents, 0, 0.0)

    # The offset is there and adds zeros: the convolution is another one, within rounding.
    torch.testing.assert_close(
        generator.synthesize(moved), generator.synthesize(latents), rtol=0, atol=1e-6
    )


def test_singular_directions_come_in_order_with_a_usual_step(generator: StyleGAN2) -> None:
    found = dynode.find("svd", generator, layer="b8.conv1", count=3, **SMALL)

    assert isinstance(found, list) and len(found) == 3
    weight = layer_weight(generator, "b8.conv1")
    matrix = weight.permute(2, 3, 1, 0).reshape(-1, 8)
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    for index, direction in enumerate(found):
        assert isinstance(direction, WeightDirection)
        rank_one = torch.outer(u[:, index], vh[index]).view(3, 3, 8, 8).permute(3, 2, 0, 1)
        overlap = float((direction.delta * rank_one).sum().abs())
        assert overlap == pytest.approx(1, abs=2e-3)  # stored in half precision
        assert direction.info.figures["storage_rank"] == 1
        assert direction.info.scale > 0


@pytest.mark.parametrize("solver", ["lanczos", "eigsh"])
def test_leading_directions_change_pictures_most(generator: StyleGAN2, solver: str) -> None:
    found = dynode.find(
        "hessian", generator, layer="b8.conv1", count=3, solver=solver, tolerance=0.01, **SMALL
    )

    curvatures = [direction.info.figures["curvature"] for direction in found]  # type: ignore[union-attr]
    assert curvatures == sorted(curvatures, reverse=True)
    random = dynode.find("svd", generator, layer="b8.conv1", count=8, **SMALL)
    assert curvatures[0] > max(d.info.figures["curvature"] for d in random)  # type: ignore[union-attr]


def test_a_usual_step_changes_pictures_by_a_tenth_of_another_picture(generator: StyleGAN2) -> None:
    found = dynode.find("hessian", generator, layer="b16.conv1", count=1, **{**SMALL, "samples": 8})
    assert isinstance(found, WeightDirection)
    latents = generator.sample(8, seed=0, truncation=1.0)
    before = generator.synthesize(latents)

    after = generator.synthesize(found.apply(latents, 0.1))

    apart = (before - before.roll(1, 0)).square().mean()
    # A tenth of the step costs a hundredth of it, up to the third order.
    assert float((after - before).square().mean() / apart) == pytest.approx(0.001, rel=0.1)


def test_stored_directions_are_small_and_come_back_exactly(tmp_path: Path) -> None:
    generator = tiny_generator(16, w_dim=16, channels=64)
    found = dynode.find("svd", generator, layer="b8.conv1", count=1, **SMALL)
    assert isinstance(found, WeightDirection)

    found.save(tmp_path / "d.safetensors")
    back = load_direction(tmp_path / "d.safetensors")

    assert isinstance(back, WeightDirection)
    assert torch.equal(back.delta, found.delta)
    whole = found.delta.numel() * 4
    assert (tmp_path / "d.safetensors").stat().st_size < whole / 20


def test_storage_errors_are_as_stated(generator: StyleGAN2) -> None:
    whole = dynode.find("hessian", generator, layer="b8.conv1", count=2, storage_error=0.0, **SMALL)
    small = dynode.find("hessian", generator, layer="b8.conv1", count=2, storage_error=0.3, **SMALL)

    for a, b in zip(whole, small, strict=True):  # type: ignore[arg-type]
        error = float((a.delta - b.delta).norm() / a.delta.norm())
        assert error == pytest.approx(b.info.figures["storage_error"], abs=1e-5)
        assert 0.01 < error < 0.301


def test_a_deformation_written_and_read_back_is_equal(generator: StyleGAN2, tmp_path: Path) -> None:
    found = dynode.find("svd", generator, layer="b8.conv1", count=1, **SMALL)
    assert isinstance(found, WeightDirection)

    export_direction(found, tmp_path / "d.pt")
    (back,) = import_directions(tmp_path / "d.pt")

    assert isinstance(back, WeightDirection) and back.layer == "b8.conv1"
    assert torch.equal(back.delta, found.delta)


@pytest.mark.parametrize("kind", ["svd", "hessian"])
def test_a_checkpoint_written_and_read_back_is_equal(
    generator: StyleGAN2, tmp_path: Path, kind: str
) -> None:
    plain = directions_of(generator, "b16.conv0")
    coefficients = torch.randn(3, len(plain))
    vectors = plain.basis.combine(torch.eye(len(plain)))
    basis = plain.basis if kind == "svd" else FixedBasis(vectors)
    trained = LayerDirections("b16.conv0", basis, coefficients)

    write_checkpoint(tmp_path / "checkpoint.pt", generator, trained, LeNetPredictor(3), 7)
    write_eigenvectors(tmp_path / "eigenvectors_layer2_g.pt", vectors)
    back = import_directions(
        tmp_path / "checkpoint.pt", basis=tmp_path / "eigenvectors_layer2_g.pt"
    )
    alone = import_directions(tmp_path / "eigenvectors_layer2_g.pt")

    units = trained.units(torch.arange(3))
    assert [direction.layer for direction in back] == ["b16.conv0"] * 3  # type: ignore[attr-defined]
    # Unit sums of a few vectors with the basis in another memory layout: some float32 roundings.
    read = torch.stack([d.delta for d in back])  # type: ignore[attr-defined]
    torch.testing.assert_close(read, units, atol=1e-6, rtol=0)
    assert torch.equal(torch.stack([d.delta for d in alone]), vectors)  # type: ignore[attr-defined]


def test_a_layer_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = write_tiny_generator(tmp_path / "g.safetensors")

    result = run_command(["find", "svd", "--layer", "b16.conv7", "--generator", path])

    assert result.exit_code == 2
    assert "b16.conv7" in result.stderr and "did you mean 'b16.conv" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_basis_of_another_layer_is_refused(tmp_path: Path) -> None:
    path = write_tiny_generator(tmp_path / "g.safetensors")
    write_eigenvectors(tmp_path / "basis.pt", torch.randn(4, 5, 5, 3, 3))
    told = ("--layer", "b8.conv1", "--basis", tmp_path / "basis.pt", "--distance", "pixels")

    result = run_command(["find", "hessian-rectified", *told, "--generator", path])

    assert result.exit_code == 1
    assert "(5, 5, 3, 3)" in result.stderr and "(16, 16, 3, 3)" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_checkpoint_of_another_generator_is_refused(generator: StyleGAN2, tmp_path: Path) -> None:
    trained = directions_of(generator, "b8.conv1")
    write_checkpoint(tmp_path / "c.pt", generator, trained, LeNetPredictor(8), 1)
    other = write_tiny_generator(tmp_path / "g.safetensors")

    result = run_command(["directions", "import", tmp_path / "c.pt", "--generator", other])

    assert result.exit_code == 1
    assert "b8.conv1" in result.stderr and "(8, 8, 3, 3)" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_checkpoint_without_its_basis_says_what_is_missing(
    generator: StyleGAN2, tmp_path: Path
) -> None:
    plain = directions_of(generator, "b8.conv1")
    vectors = plain.basis.combine(torch.eye(len(plain)))
    trained = LayerDirections("b8.conv1", FixedBasis(vectors), torch.randn(2, len(vectors)))
    write_checkpoint(tmp_path / "c.pt", generator, trained, LeNetPredictor(2), 1)

    with pytest.raises(DirectionFileError, match="eigenvector file with --format navigan --basis"):
        import_directions(tmp_path / "c.pt")


def test_a_deformation_of_zeros_is_refused(tmp_path: Path) -> None:
    torch.save({"layer_ix": 1, "shift": torch.zeros(1, 1, 8, 8, 3, 3)}, tmp_path / "zero.pt")

    result = run_command(["directions", "import", tmp_path / "zero.pt"])

    assert result.exit_code == 1
    assert "zero" in result.stderr and result.stderr.count("\n") == 1


def test_a_direction_that_does_not_exist_is_refused(generator: StyleGAN2) -> None:
    directions = directions_of(generator, "b8.conv1")

    with pytest.raises(UsageError, match="direction 9 does not exist.*0 to 7"):
        directions.move(generator.sample(2, seed=0), torch.tensor([0, 9]), 1.0)
    with pytest.raises(UsageError, match="shifts have shape"):
        directions.move(generator.sample(2, seed=0), 0, torch.ones(3))


def image_network() -> nn.Module:
    """A small image-to-image network of the pix2pixHD kind: down, residual blocks, up."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(3, 6, 7),
            nn.InstanceNorm2d(6),
            nn.ReLU(),
            nn.Conv2d(6, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.Conv2d(6, 3, 3, padding=1),
            nn.Tanh(),
        )


@pytest.mark.parametrize("layer", ["1", "4", "6", "8", "10"])
def test_offsets_of_any_module_draw_what_moved_weights_draw(layer: str) -> None:
    pictures = torch.rand(4, 3, 16, 16) * 2 - 1
    generator = dynode.wrap_module(image_network(), inputs=pictures)
    directions = LayerDirections.plain(
        layer, SingularBasis.of(generator.layer_weight(layer)), pictures
    )
    shifts = torch.tensor([0.5, -0.5, 1.0, 0.0])

    moved = directions.move(generator.encode(pictures), torch.tensor([0, 1, 2, 0]), shifts)
    drawn = generator.synthesize(moved)

    for index, (number, shift) in enumerate(zip((0, 1, 2, 0), shifts, strict=True)):
        module = image_network().eval()
        part = module.get_submodule(layer)
        delta = shift * directions.units(torch.tensor([number]))[0]
        with torch.no_grad():
            part.weight += delta.transpose(0, 1) if layer == "8" else delta  # type: ignore[operator]
            expected = module(pictures[index : index + 1])
        torch.testing.assert_close(drawn[index : index + 1], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", ["svd", "hessian", "svd-rectified"])
def test_methods_work_on_any_module(method: str) -> None:
    pictures = torch.rand(6, 3, 32, 32) * 2 - 1
    generator = dynode.wrap_module(image_network(), inputs=pictures, name="painter")
    training = {"steps": 2, "batch": 2, "predictor": "lenet"} if "rect" in method else {}

    found = dynode.find(method, generator, layer="8", count=2, **SMALL, **training)

    assert isinstance(found, list) and len(found) == 2
    latents = generator.encode(pictures)
    moved = generator.synthesize(found[0].apply(latents, 1.0))
    assert moved.shape == (6, 3, 32, 32)
    assert not torch.equal(moved, generator.synthesize(latents))


def test_a_module_without_convolutions_is_refused() -> None:
    with pytest.raises(UsageError, match="no convolution to move"):
        dynode.wrap_module(nn.Linear(4, 4), input_shape=(4,))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="expected pictures"):
        dynode.wrap_module(nn.Conv2d(3, 5, 1), input_shape=(3, 8, 8))


def test_offsets_of_another_module_are_refused() -> None:
    generator = dynode.wrap_module(image_network(), input_shape=(3, 16, 16))
    offset = dynode.WeightOffset("nowhere", torch.zeros(1, 2, 2, 3, 3), torch.ones(1, 1))

    with pytest.raises(GeneratorMismatchError, match="'nowhere'.*no such layer"):
        generator.synthesize(generator.sample(1, seed=0).add_weights(offset))
