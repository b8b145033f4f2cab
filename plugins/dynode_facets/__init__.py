"""facets: a small synthetic world of portraits whose every factor is known."""
