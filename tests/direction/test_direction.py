"""Directions of every kind: what they move, by how much, and what they leave alone."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode.direction.base import Direction
from dynode.direction.info import DirectionInfo
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.networks import RowMapper
from dynode.direction.stack import EditStack
from dynode.direction.style import StyleDirection
from dynode.direction.weight import WeightDirection
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.stylegan2 import StyleGAN2
from dynode.testing import tiny_generator

ROWS, WIDTH = 6, 12  # of the generator below: 16 px, w_dim 12
WEIGHT_LAYER = "b8.conv0"


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=WIDTH, channels=6)


def numbers(*shape: int, seed: int = 3) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def row_mapper() -> RowMapper:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return RowMapper([(0, 2), (2, ROWS)], WIDTH).requires_grad_(False)


KINDS: dict[str, Callable[[], Direction]] = {
    "w": lambda: LinearDirection(numbers(WIDTH)),
    "w+": lambda: LinearDirection(numbers(ROWS, WIDTH)),
    "some rows": lambda: LinearDirection(numbers(WIDTH), torch.arange(ROWS) >= 3),
    "styles": lambda: StyleDirection({"b4.conv1": numbers(6), "b16.torgb": numbers(6)}),
    "weights": lambda: WeightDirection(WEIGHT_LAYER, numbers(6, 6, 3, 3)),
    "mapper": lambda: MapperDirection(row_mapper(), 0.1),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def direction(request: pytest.FixtureRequest) -> Direction:
    made: Direction = request.param()
    return made


def bits(tensor: Tensor) -> bytes:
    """The bytes of a tensor: unlike equality they tell 0.0 from -0.0."""
    return tensor.detach().contiguous().numpy().tobytes()


def parts(latents: Latents) -> list[Tensor]:
    offsets = [part for o in latents.weights for part in (o.basis, o.coefficients)]
    return [latents.w, *latents.styles.values(), *offsets]


def awkward_codes(n: int) -> Latents:
    """Codes with negative zeros and numbers so small that any arithmetic would show."""
    w = numbers(n, ROWS, WIDTH)
    w[:, :, 0] = -0.0
    w[:, :, 1] = 1e-42
    w[:, :, 2] = 1e38
    return Latents(w)


# What strength 0 and 1 mean


@pytest.mark.parametrize(
    "nothing",
    [0, 0.0, -0.0, torch.tensor(0.0), torch.zeros(3), -torch.zeros(3), 1e-60],
    ids=["0", "0.0", "-0.0", "tensor", "zeros", "-zeros", "below float32"],
)
def test_strength_zero_gives_the_latents_themselves(
    direction: Direction, nothing: float | Tensor
) -> None:
    latents = awkward_codes(3)

    assert direction.apply(latents, nothing) is latents


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_where_the_strength_is_zero_the_code_stays_bit_for_bit(
    direction: Direction, zero: float
) -> None:
    latents = awkward_codes(3)

    moved = direction.apply(latents, torch.tensor([zero, 1.0, zero]))

    assert bits(moved.w[[0, 2]]) == bits(latents.w[[0, 2]])
    assert not any(part[[0, 2]].any() for part in moved.styles.values())
    assert not any(offset.coefficients[[0, 2]].any() for offset in moved.weights)


def test_where_the_strength_is_zero_the_picture_stays(
    generator: StyleGAN2, direction: Direction
) -> None:
    latents = generator.sample(2, seed=0)
    before = generator.synthesize(latents)

    after = generator.synthesize(direction.apply(latents, torch.tensor([0.0, 2.0])))

    # Pictures of order 1; a batch with and one without a weight offset add in another order.
    torch.testing.assert_close(after[0], before[0], rtol=0, atol=1e-4)
    assert float((after[1] - before[1]).abs().max()) > 0.01


def test_masked_rows_stay_bit_for_bit() -> None:
    latents = awkward_codes(2)

    moved = LinearDirection(numbers(WIDTH), torch.arange(ROWS) >= 3).apply(latents, 2.0)

    assert bits(moved.w[:, :3]) == bits(latents.w[:, :3])
    assert bool((moved.w[:, 3:, 3:] != latents.w[:, 3:, 3:]).all())


@pytest.mark.parametrize("strength", [1.0, -2.5, 3])
def test_a_linear_direction_adds_its_vector(strength: float) -> None:
    latents, delta = Latents(numbers(2, ROWS, WIDTH)), numbers(ROWS, WIDTH, seed=4)

    moved = LinearDirection(delta).apply(latents, strength)

    torch.testing.assert_close(moved.w, latents.w + strength * delta)


def test_one_vector_for_all_rows_is_the_same_vector_in_each() -> None:
    latents, delta = Latents(numbers(2, ROWS, WIDTH)), numbers(WIDTH, seed=4)

    moved = LinearDirection(delta).apply(latents, 0.5)

    same = LinearDirection(delta.expand(ROWS, WIDTH)).apply(latents, 0.5)
    assert torch.equal(moved.w, same.w)


def test_a_style_direction_shifts_the_styles(generator: StyleGAN2) -> None:
    latents, direction = generator.sample(2, seed=0), KINDS["styles"]()
    before = generator.styles(latents)

    after = generator.styles(direction.apply(latents, -1.5))

    for name, part in before.items():
        shift = direction.delta.get(name, torch.zeros(1))  # type: ignore[attr-defined]
        torch.testing.assert_close(after[name], part - 1.5 * shift)


def test_a_weight_direction_draws_what_moved_weights_would(generator: StyleGAN2) -> None:
    direction = KINDS["weights"]()
    latents = generator.sample(2, seed=0)
    retrained = copy.deepcopy(generator)
    layer = retrained.network.get_submodule(f"synthesis.{WEIGHT_LAYER}")
    with torch.no_grad():
        layer.weight += 0.75 * direction.delta  # type: ignore[attr-defined]

    drawn = generator.synthesize(direction.apply(latents, 0.75))

    # Pictures of order 1 in float32 after six convolutions: 1e-4 is a thousand roundings.
    torch.testing.assert_close(drawn, retrained.synthesize(latents), rtol=0, atol=1e-4)


def test_a_mapper_adds_its_scaled_answer() -> None:
    mapper = row_mapper()
    latents = Latents(numbers(2, ROWS, WIDTH))

    moved = MapperDirection(mapper, 0.1).apply(latents, 3.0)

    torch.testing.assert_close(moved.w, latents.w + 3.0 * 0.1 * mapper(latents.w))


def test_the_scale_of_the_info_multiplies_the_strength(direction: Direction) -> None:
    latents = Latents(numbers(2, ROWS, WIDTH))

    scaled = direction.with_info(scale=0.5).apply(latents, 3.0)

    plain = direction.apply(latents, 1.5)
    for one, other in zip(parts(scaled), parts(plain), strict=True):
        torch.testing.assert_close(one, other)


# A strength for every picture


@pytest.mark.parametrize("as_what", [torch.tensor, list], ids=["tensor", "list"])
def test_every_picture_moves_by_its_own_strength(
    direction: Direction, as_what: Callable[[list[float]], Any]
) -> None:
    strengths = [0.5, -2.0, 3.0]
    latents = Latents(numbers(3, ROWS, WIDTH))

    together = direction.apply(latents, as_what(strengths))

    for index, strength in enumerate(strengths):
        alone = direction.apply(latents[index], strength)
        for one, other in zip(parts(together[index]), parts(alone), strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    ("strength", "message"),
    [
        (
            torch.ones(2),
            "strength has shape (2,); expected a number, or one for each of 3 pictures",
        ),
        (torch.ones(3, 1), "strength has shape (3, 1)"),
        (math.nan, "strength nan is not finite"),
        (torch.tensor([0.0, math.inf, 1.0]), "is not finite"),
    ],
    ids=["too few", "a matrix", "not a number", "infinite"],
)
def test_a_strength_that_cannot_be_meant_is_refused(
    direction: Direction, strength: float | Tensor, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        direction.apply(Latents(numbers(3, ROWS, WIDTH)), strength)

    assert message in str(caught.value)


# Purity, types, gradients


def test_applying_modifies_nothing(direction: Direction) -> None:
    plain = Latents(numbers(2, ROWS, WIDTH))
    latents = KINDS["weights"]().apply(KINDS["styles"]().apply(plain))
    before = copy.deepcopy(latents)
    strengths = torch.tensor([1.0, 2.0])

    direction.apply(latents, strengths)

    assert [bits(part) for part in parts(latents)] == [bits(part) for part in parts(before)]
    assert torch.equal(strengths, torch.tensor([1.0, 2.0]))


def test_the_type_of_the_codes_is_kept_and_the_direction_stays_what_it_was(
    direction: Direction,
) -> None:
    exact = Latents(numbers(2, ROWS, WIDTH).double())
    single = exact.to(dtype=torch.float32)
    before = direction.apply(single, 0.3)

    moved = direction.apply(exact, 0.3)

    assert {part.dtype for part in parts(moved)} == {torch.float64}
    after = direction.apply(single, 0.3)
    assert {part.dtype for part in parts(after)} == {torch.float32}
    assert [bits(part) for part in parts(after)] == [bits(part) for part in parts(before)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_applying_leaves_the_network_of_a_mapper_in_its_own_type(dtype: torch.dtype) -> None:
    mapper = row_mapper()
    before = copy.deepcopy(mapper.state_dict())

    MapperDirection(mapper).apply(Latents(numbers(1, ROWS, WIDTH).to(dtype)))

    for name, part in mapper.state_dict().items():
        assert part.dtype == torch.float32
        assert torch.equal(part, before[name])


def test_a_basis_kept_from_inference_mode_is_no_obstacle_to_gradients(
    generator: StyleGAN2,
) -> None:
    direction = KINDS["weights"]()
    exact = generator.to(dtype=torch.float64)
    with torch.inference_mode():
        direction.apply(exact.sample(1, seed=0))
    strength = torch.ones((), dtype=torch.float64, requires_grad=True)

    exact.synthesize(direction.apply(exact.sample(1, seed=0), strength)).sum().backward()

    assert strength.grad is not None and bool(strength.grad)


@pytest.mark.parametrize("start", [torch.zeros, torch.ones], ids=["zeros", "ones"])
@pytest.mark.parametrize(
    "make",
    [
        LinearDirection,
        lambda delta: StyleDirection({"b4.conv1": delta}),
        lambda delta: WeightDirection("b4.torgb", delta[:3, None, None, None]),
    ],
    ids=["linear", "styles", "weights"],
)
def test_gradients_reach_a_direction_that_is_being_trained(
    make: Callable[[Tensor], Direction], start: Callable[..., Tensor]
) -> None:
    delta = start(WIDTH, requires_grad=True)
    latents = Latents(numbers(2, ROWS, WIDTH))

    moved = make(delta).apply(latents, 2.0)
    sum(part.sum() for part in parts(moved)).backward()  # type: ignore[union-attr]

    assert delta.grad is not None and bool(delta.grad[:3].all())


def test_a_direction_found_in_half_precision_moves_codes_in_full() -> None:
    latents = Latents(numbers(1, ROWS, WIDTH))

    moved = LinearDirection(numbers(WIDTH).half()).apply(latents, 0.1)

    assert moved.dtype == torch.float32


@pytest.mark.parametrize("value", [0.7, 0.0], ids=["somewhere", "at zero"])
def test_gradients_reach_the_strength(
    generator: StyleGAN2, direction: Direction, value: float
) -> None:
    exact = generator.to(dtype=torch.float64)
    latents = exact.sample(2, seed=0)
    strength = torch.tensor(value, dtype=torch.float64, requires_grad=True)

    def loss(amount: Tensor) -> Tensor:
        return exact.synthesize(direction.apply(latents, amount)).square().mean()

    (gradient,) = torch.autograd.grad(loss(strength), strength)

    with torch.no_grad():
        slope = (loss(strength + 1e-6) - loss(strength - 1e-6)) / 2e-6
    # Central differences of step 1e-6 in float64: a relative error near 1e-9, more at kinks.
    torch.testing.assert_close(gradient, slope, rtol=1e-5, atol=1e-8)
    assert abs(float(gradient)) > 1e-4


def test_gradients_reach_the_strength_of_every_picture() -> None:
    strengths = torch.tensor([0.0, 1.0], requires_grad=True)
    latents, delta = Latents(numbers(2, ROWS, WIDTH)), numbers(ROWS, WIDTH)

    moved = LinearDirection(delta).apply(latents, strengths)
    moved.w.sum().backward()

    assert strengths.grad is not None
    torch.testing.assert_close(strengths.grad, delta.sum().expand(2))
    assert torch.equal(moved.w[0], latents.w[0])


def test_gradients_reach_the_codes(direction: Direction) -> None:
    w = numbers(2, ROWS, WIDTH).requires_grad_()

    direction.apply(Latents(w), torch.tensor([0.0, 1.0])).w.sum().backward()

    assert w.grad is not None
    assert torch.equal(w.grad[0], torch.ones(ROWS, WIDTH))
    assert bool(w.grad[1].all())


# Stacks


def test_an_empty_stack_gives_the_latents_themselves() -> None:
    latents = awkward_codes(1)

    assert EditStack().apply(latents) is latents


@pytest.mark.parametrize("strength", [0.0, torch.zeros(2)], ids=["number", "tensor"])
def test_a_stack_at_strength_zero_gives_the_latents_themselves(strength: float | Tensor) -> None:
    latents = awkward_codes(2)
    stack = EditStack()
    for make in KINDS.values():
        stack = stack.then(make(), 2.0)

    assert stack.apply(latents, strength) is latents


def test_a_stack_is_its_directions_one_after_the_other(generator: StyleGAN2) -> None:
    latents = generator.sample(2, seed=0)
    stack, expected = EditStack(), latents
    for index, make in enumerate(KINDS.values()):
        stack = stack.then(make(), 0.5 + index)
        expected = stack.edits[-1][0].apply(expected, 2.0 * (0.5 + index))

    moved = stack.apply(latents, 2.0)

    assert len(stack) == len(list(stack)) == len(KINDS)
    for one, other in zip(parts(moved), parts(expected), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(generator.synthesize(moved), generator.synthesize(expected))


def test_adding_to_a_stack_leaves_the_stack_as_it_was() -> None:
    stack = EditStack()

    longer = stack.then(KINDS["w"]())

    assert (len(stack), len(longer)) == (0, 1)


def test_own_and_common_strengths_are_multiplied_picture_by_picture() -> None:
    latents, delta = Latents(numbers(2, ROWS, WIDTH)), numbers(WIDTH)
    stack = EditStack().then(LinearDirection(delta), torch.tensor([1.0, -2.0]))

    moved = stack.apply(latents, torch.tensor([3.0, 0.5]))

    torch.testing.assert_close(
        moved.w - latents.w, torch.tensor([3.0, -1.0])[:, None, None] * delta.expand(ROWS, WIDTH)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_one_weight_direction_costs_one_basis_however_often_it_is_applied(
    dtype: torch.dtype,
) -> None:
    latents = Latents(numbers(1, ROWS, WIDTH).to(dtype))
    direction = KINDS["weights"]()

    twice = EditStack().then(direction, 1.0).then(direction, 0.5).apply(latents)
    swept = Latents.cat([direction.apply(latents, strength) for strength in (-1.0, 0.0, 1.0)])

    assert [o.coefficients.tolist() for o in twice.weights] == [[[1.5]]]
    assert [o.coefficients.tolist() for o in swept.weights] == [[[-1.0], [0.0], [1.0]]]


# Which generator


def test_a_direction_fits_the_generator_it_has_the_shape_of(
    generator: StyleGAN2, direction: Direction
) -> None:
    direction.check(generator.info)


@pytest.mark.parametrize(
    "misfit",
    [
        LinearDirection(numbers(WIDTH + 1)),
        LinearDirection(numbers(ROWS + 2, WIDTH)),
        LinearDirection(numbers(1, WIDTH)),
        LinearDirection(numbers(WIDTH), torch.ones(ROWS + 1, dtype=torch.bool)),
        StyleDirection({"b4.conv1": numbers(7)}),
        StyleDirection({"b4.conv1": numbers(6), "b64.conv1": numbers(6)}),
        StyleDirection({"b4.conv1": numbers(6, 2)}),
        StyleDirection({"b4.conv1": torch.tensor(1.0)}),
        WeightDirection(WEIGHT_LAYER, numbers(6, 6, 1, 1)),
        WeightDirection("b64.conv0", numbers(6, 6, 3, 3)),
        MapperDirection(RowMapper([(0, ROWS + 1)], WIDTH)),
        MapperDirection(RowMapper([(0, ROWS)], WIDTH + 1)),
    ],
    ids=[
        "another width",
        "more rows",
        "one row",
        "a longer mask",
        "more channels",
        "an absent layer",
        "styles as a matrix",
        "styles as a number",
        "another kernel",
        "an absent convolution",
        "a mapper of more rows",
        "a mapper of another width",
    ],
)
@pytest.mark.parametrize("force", [False, True], ids=["", "forced"])
def test_another_shape_is_refused_even_when_forced(
    generator: StyleGAN2, misfit: Direction, force: bool
) -> None:
    named = misfit.with_info(name="smile")

    with pytest.raises(GeneratorMismatchError, match="'smile'.*tiny.*for this generator") as caught:
        named.check(generator.info, force=force)

    assert "\n" not in str(caught.value)


def test_another_generator_of_the_same_shape_is_refused_by_name(
    generator: StyleGAN2, direction: Direction
) -> None:
    other = direction.with_info(name="smile", generator="ffhq", fingerprint="0123456789abcdef")

    with pytest.raises(GeneratorMismatchError) as caught:
        other.check(generator.info)

    own = generator.info.fingerprint[:12]
    assert str(caught.value) == (
        f"direction 'smile' was found on generator ffhq (0123456789ab), this one is tiny ({own}); "
        f"find it again for this generator, or add --force for a fine-tuned sibling"
    )


def test_force_takes_a_direction_of_a_sibling(generator: StyleGAN2, direction: Direction) -> None:
    direction.with_info(fingerprint="another").check(generator.info, force=True)


def test_the_own_fingerprint_is_welcome(generator: StyleGAN2, direction: Direction) -> None:
    direction.with_info(fingerprint=generator.info.fingerprint).check(generator.info)


# Making


def broken_mapper() -> RowMapper:
    mapper = row_mapper()
    with torch.no_grad():
        next(mapper.parameters())[0, 0] = math.nan
    return mapper


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "make",
    [
        lambda value: LinearDirection(torch.tensor([1.0, value])),
        lambda value: StyleDirection({"a": torch.ones(2), "b": torch.tensor([value])}),
        lambda value: WeightDirection("a", torch.full((1, 1, 1, 1), value)),
        lambda value: MapperDirection(row_mapper(), value),
        lambda value: MapperDirection(broken_mapper()),
    ],
    ids=["linear", "styles", "weights", "scale of a mapper", "weights of a mapper"],
)
def test_values_that_are_not_finite_are_refused(
    make: Callable[[float], Direction], value: float
) -> None:
    with pytest.raises(DirectionFileError, match="not finite"):
        make(value)


@pytest.mark.parametrize("shape", [(), (2, 3, 4)], ids=str)
def test_a_linear_direction_is_a_vector_or_a_matrix(shape: tuple[int, ...]) -> None:
    with pytest.raises(DirectionFileError, match="expected .w_dim,."):
        LinearDirection(torch.zeros(shape))


def test_the_info_is_changed_on_a_copy(direction: Direction) -> None:
    renamed = direction.with_info(name="smile", seed=3)

    assert renamed.info == DirectionInfo(name="smile", seed=3)
    assert direction.info == DirectionInfo()
    latents = Latents(numbers(1, ROWS, WIDTH))
    for one, other in zip(
        parts(renamed.apply(latents)), parts(direction.apply(latents)), strict=True
    ):
        assert torch.equal(one, other)


def test_a_weight_offset_of_a_direction_is_its_delta() -> None:
    direction = KINDS["weights"]()

    (offset,) = direction.apply(Latents(numbers(2, ROWS, WIDTH)), 2.0).weights

    assert isinstance(offset, WeightOffset)
    assert offset.layer == WEIGHT_LAYER
    assert torch.equal(offset.basis[0], direction.delta)  # type: ignore[attr-defined]
    assert offset.coefficients.tolist() == [[2.0], [2.0]]
