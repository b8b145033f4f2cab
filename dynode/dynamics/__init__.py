"""A clip as one trajectory: dynamic space, field, fit, rollout, editing modes, baselines."""
