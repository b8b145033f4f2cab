"""SeFa: directions in closed form, from the weights alone."""
