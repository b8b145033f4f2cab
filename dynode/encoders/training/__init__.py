"""Training encoders for any generator: published losses and schedules, resumable."""
