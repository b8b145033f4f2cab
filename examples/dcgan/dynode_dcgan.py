"""A DCGAN of faces as a dynode generator: the network and weights of gan-face-generate (MIT)."""

import importlib.util
from pathlib import Path

import dynode
from dynode.errors import MissingWeightsError

PACKAGE = "gan_face_generate"


class Faces(dynode.GeneratorProvider):
    """Faces of 64 px drawn by a DCGAN that was trained on rendered people (DigiFace-1M).

    Source:
        Radford et al. 2015, DCGAN, arXiv:1511.06434; weights of gan-face-generate on PyPI, MIT.
    """

    name = "dcgan-64"
    summary = "rendered faces, 64 px, by a DCGAN (gan-face-generate)"
    domain = "rendered-faces"
    licence = "MIT"

    def load(self, device):
        """Load the network with the weights that lie in its package."""
        import torch

        weights = weights_file()
        from gan_face_generate.models import Generator

        network = Generator(ngpu=1, nc=3, nz=100, ngf=64)
        stored = torch.load(weights, map_location="cpu", weights_only=True)
        network.load_state_dict(stored["netG_state_dict"])
        network.requires_grad_(False)
        return dynode.wrap_module(
            network.to(device),
            input_shape=(100, 1, 1),
            name=self.name,
            domain=self.domain,
            licence=self.licence,
        )


def weights_file() -> Path:
    """Find the weights in the installed package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingWeightsError(
            "the DCGAN lies in the package gan-face-generate, which is not installed; pip install "
            "gan-face-generate"
        )
    return Path(spec.origin).parent / "weights.tar"


@dynode.hookimpl
def register_generators(register):
    register(Faces())
