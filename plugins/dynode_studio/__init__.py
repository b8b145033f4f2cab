"""The studio: live sliders in the browser, and the same work as a command and as Python."""
