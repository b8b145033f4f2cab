"""GANSpace: principal components of the codes."""
