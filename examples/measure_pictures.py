"""What a scorer says of pictures before and after an edit."""

# %% The scorer of the generator's domain.
import dynode
from dynode.scoring.measure import attribute_changes, load_scorer

generator = dynode.load_generator()
scorer = load_scorer(generator.info, generator.device)
assert scorer is not None

# %% Scores are differentiable, one column an attribute.
latents = generator.sample(4, seed=0)
before = generator.synthesize(latents)
print(dict(zip(scorer.attributes, scorer.score(before)[0].tolist(), strict=True)))

# %% Changes are told in standard deviations of the generator's pictures.
direction = dynode.find("ganspace", generator, component=0, samples=2000)
assert isinstance(direction, dynode.Direction)
after = generator.synthesize(direction.apply(latents, 1.0))
for name, change in zip(
    scorer.attributes, attribute_changes(scorer, before, after).mean(0).tolist(), strict=True
):
    print(f"{name:<16}{change:+.2f}")
