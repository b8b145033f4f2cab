"""The released demo: its field, its rollout, its training, and what it cannot do."""

from __future__ import annotations

import torch

from dynode.dynamics.field import PublishedField
from dynode.dynamics.integrate import Piece, solve
from dynode.dynamics.published import (
    EXACT,
    RELAXED,
    published_optimizer,
    published_step,
    train_published,
)


def loaded(states: dict) -> PublishedField:
    field = PublishedField(18, 512)
    field.load_state_dict({key: torch.from_numpy(value) for key, value in states.items()})
    return field


def test_the_field_and_its_rollout_are_those_of_the_published_code(reference_case) -> None:
    reference = reference_case("dynode-odefunc")
    config, tolerance = reference.case["config"], reference.case["tolerance"]
    field = loaded(reference.states["odefunc"])
    start = torch.from_numpy(reference.inputs["l0"]).flatten(1)
    times = torch.linspace(*config["t_linspace"], dtype=torch.float64)

    with torch.no_grad():
        velocity = field(times[0], start)
        states = solve([Piece(0, 11, field)], start, 0.0, times, EXACT).states

    kept = states[config["rollout_steps"]].reshape(5, 1, 18, 512)[..., :: config["feature_stride"]]
    wanted = {key: torch.from_numpy(value) for key, value in reference.outputs.items()}
    torch.testing.assert_close(velocity.reshape(1, 18, 512), wanted["f_l0"], **tolerance)
    torch.testing.assert_close(kept, wanted["rollout"], **tolerance)


def test_training_steps_lose_what_the_published_code_loses(reference_case) -> None:
    reference = reference_case("dynode-train-steps")
    tolerance = reference.case["tolerance"]
    field = loaded(reference.states["odefunc"])
    optimizer = published_optimizer(field)
    w = torch.from_numpy(reference.inputs["latents"])

    losses = [
        published_step(field, optimizer, w[frames], [float(frame) for frame in frames])
        for frames in reference.case["config"]["frames"]
    ]
    with torch.no_grad():
        times = torch.arange(6, dtype=torch.float64)
        states = solve([Piece(0, 5, field)], w[:1].flatten(1), 0.0, times, EXACT).states
    final = (states[:, 0] - w.flatten(1)).square().mean().reshape(1)

    torch.testing.assert_close(
        torch.tensor(losses), torch.from_numpy(reference.outputs["losses"]), **tolerance
    )
    torch.testing.assert_close(final, torch.from_numpy(reference.outputs["final_mse"]), **tolerance)


def test_every_column_of_the_published_field_has_unit_speed() -> None:
    torch.manual_seed(0)
    field = PublishedField(4, 6, depth=2)

    velocity = field(torch.tensor(0.0), torch.randn(3, 24)).reshape(3, 4, 6)

    # the 1e-6 beside the norm
    torch.testing.assert_close(velocity.norm(dim=1), torch.ones(3, 6), atol=1e-4, rtol=0)


def test_published_training_is_reproducible(swinging) -> None:
    w, times = swinging(torch.arange(6.0)), [float(i) for i in range(6)]
    given = {"iterations": 6, "depth": 2, "solver": RELAXED}

    first, again, other = (train_published(w, times, **given, seed=seed) for seed in (3, 3, 4))

    def same(one: PublishedField, two: PublishedField) -> bool:
        pairs = zip(one.parameters(), two.parameters(), strict=True)
        return all(torch.equal(a, b) for a, b in pairs)

    assert same(first, again)
    assert not same(first, other)
