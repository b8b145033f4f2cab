"""InterFaceGAN: attribute boundaries in the latent space of a generator."""
