import pytest

from dynode.testing import checks_for
from dynode_brighten import Brighten


@pytest.mark.parametrize("check", checks_for(Brighten()), ids=str)
def test_brighten_keeps_its_promises(check):
    check()


def test_it_lightens_the_picture(dynode_generator):
    direction = Brighten().find(dynode_generator, None, seed=0, progress=None)
    latents = dynode_generator.sample(8, seed=1)

    before = dynode_generator.synthesize(latents).mean()
    after = dynode_generator.synthesize(direction.apply(latents, 1.0)).mean()

    assert after > before
