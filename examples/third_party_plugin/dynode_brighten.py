import dynode


class Brighten(dynode.DirectionMethod):
    name = "brighten"
    summary = "lighten the whole picture"

    def find(self, generator, options, *, seed, progress, latents=None):
        sample = generator.sample(64, seed=seed)
        light = generator.synthesize(sample).mean(dim=(1, 2, 3))
        score = (light - light.mean()) / light.std()
        return dynode.LinearDirection((score[:, None, None] * sample.w).mean(dim=0).detach())


@dynode.hookimpl
def register_directions(register):
    register(Brighten())
