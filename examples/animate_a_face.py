"""Find a micromotion from a text, and let another face make it."""

# %% Three anchors: one face, edited by the text with each degree.
import dynode

generator = dynode.load_generator()
smile = dynode.find(
    "micromotion",
    generator,
    text="{degree} face",
    degrees=("neutral", "slightly smiling", "broadly smiling"),  # or "0%", "50%", "100%"
)
assert isinstance(smile, dynode.PathDirection)
smile.save("smile.micromotion.safetensors")
print(smile.info.figures)

# %% Any other face smiles along the same path, there and back.
animation = dynode.animate(
    motion="smile.micromotion.safetensors", generator=generator, seed=9, frames=24, boomerang=True
)
animation.save("smile.gif", fps=25)
print(animation.changes())
