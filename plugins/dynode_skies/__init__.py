"""skies: a small synthetic world of landscapes whose every factor is known."""
