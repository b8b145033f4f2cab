"""The steps from a source to a picture, as plain functions behind the commands."""
