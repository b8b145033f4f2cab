"""Train an encoder: one loop for e4e (one turn, no reconstruction) and ReStyle (several turns)."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from dynode.errors import UsageError
from dynode.files import check_free
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode.training import (
    EventFiles,
    MuonAdam,
    Processes,
    Ranger,
    Run,
    cosine_rate,
    follow,
    generator_at,
    keep_freed_memory,
    parameter_kinds,
    share_norms,
)
from dynode_encoders.network import Encoder
from dynode_encoders.reading import LoadedEncoder, write_encoder
from dynode_encoders.refinement import average_image, pooled
from dynode_encoders.training.adversarial import (
    CodePool,
    LatentDiscriminator,
    discriminator_loss,
    encoder_term,
)
from dynode_encoders.training.building import build, configured
from dynode_encoders.training.data import SAMPLED, Batch, Data, draw_codes, open_data, precision
from dynode_encoders.training.losses import offset_term, picture_loss, psnr
from dynode_encoders.training.recipe import EncoderRecipe, RestyleRecipe, stage_at

_HELD_OUT = 992
_HELD_OUT_COUNT = 32
_WARMUP = 100
_MEASURE_EVERY = 500
_LOG_EVERY = 10


def train_encoder(
    generator: Generator,
    recipe: EncoderRecipe,
    output: Path,
    *,
    data: str = SAMPLED,
    folder: Path,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> None:
    """Train an encoder, or continue, and write it in half precision.

    May run in several processes that `torchrun` started, each on its share of every batch; the first
    one writes. Losses are those of one process up to the order of sums.

    Guaranteed on the CPU: a run that was stopped, even killed, and continued takes the same steps
    as one that was not, bit for bit.

    Args:
        generator: The generator to invert into; not changed.
        recipe: What to do; a `RestyleRecipe` trains ReStyle, else e4e.
        output: Safetensors file to write.
        data: `sampled`, a folder or a zip file of pictures.
        folder: Where the run keeps its state and its log (step, loss, stage, rate, and the PSNR of
            held-out samples).
        seed: Seed of everything random.
        force: Replace an output that exists.
        progress: Called after every step.

    Raises:
        OutputExistsError: The output exists and `force` is off.
        UsageError: The folder holds a run of another recipe, or the recipe needs sampled data.
    """
    check_free(output, force=force)
    events = EventFiles(folder / "tensorboard") if recipe.tensorboard else None
    if generator.device.type == "cpu":
        keep_freed_memory()
    training = _Training(generator, recipe, data, seed)
    info = generator.info
    identity = {key: str(value) for key, value in dataclasses.asdict(recipe).items()}
    for name in ("until", "tensorboard"):  # where a run pauses and what is told do not shape it
        del identity[name]
    identity |= {"generator": info.fingerprint, "data": data, "seed": str(seed)}
    run = Run(
        folder,
        {"model": training.model, "average": training.average, "judge": training.judge},
        training.optimizer,
        identity,
        {"judge_optimizer": training.judge_optimizer, "pool": training.pool},
        is_writer=training.processes.is_first,
        listener=None if events is None else events.write,
    )
    run.steps(
        training.step,
        total=training.total,
        save_every=recipe.save_every,
        log_every=_LOG_EVERY,
        until=recipe.until,
        progress=progress,
    )
    metadata = {
        "method": "restyle" if isinstance(recipe, RestyleRecipe) else "e4e",
        "generator": info.name,
        "fingerprint": info.fingerprint,
        "domain": info.domain,
    }
    if training.processes.is_first:
        write_encoder(training.result, training.mean, output, metadata)
    training.processes.wait()


class _Training:
    """Networks in training and how they take a step."""

    def __init__(self, generator: Generator, recipe: EncoderRecipe, data: str, seed: int) -> None:
        self.generator, self.recipe, self.seed = generator, recipe, seed
        self.processes = Processes.join(generator.device)
        if data != SAMPLED and (recipe.latent or recipe.latent_steps):
            raise UsageError(
                f"the codes of the pictures in {data} are not known; use --data sampled, or --latent 0 "
                f"--latent-steps 0"
            )
        self.data: Data = open_data(data, generator, flip=recipe.flip, bf16=recipe.bf16)
        self.turns = recipe.turns if isinstance(recipe, RestyleRecipe) else 1
        self.total = recipe.latent_steps + recipe.steps
        config = configured(recipe, generator.info)
        self.loss = picture_loss(recipe, generator)
        device, dtype = generator.device, generator.dtype
        self.model = build(config, recipe.start, seed=seed).to(device, dtype)
        self.model = self.model.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        share_norms(self.model, self.processes)
        self.mean = generator.mean_w.expand(config.rows, config.w_dim).contiguous()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.judge = LatentDiscriminator(config.w_dim).to(device, dtype)
        self.judge_optimizer = torch.optim.Adam(self.judge.parameters(), lr=recipe.adversarial_rate)
        self.pool = CodePool()
        self.optimizer: torch.optim.Optimizer
        if recipe.optimizer == "muon":
            self.optimizer = MuonAdam(*parameter_kinds(self.model), lr=recipe.learning_rate)
        else:
            self.optimizer = Ranger(self.model.parameters(), lr=recipe.learning_rate)
        self.first_image: Tensor | None = None
        if config.inputs > 3:
            with torch.no_grad():
                self.first_image = average_image(self._loaded(self.model), generator)

    @property
    def result(self) -> Encoder:
        """The network to keep."""
        return self.average if self.recipe.average else self.model

    def _loaded(self, network: Encoder) -> LoadedEncoder:
        return LoadedEncoder(network, self.mean, Path("training"))

    def step(self, index: int) -> dict[str, float]:
        """Take one step, and say how it went."""
        recipe = self.recipe
        rate = recipe.learning_rate
        if recipe.decay:
            rate = cosine_rate(index, self.total, peak=rate, warmup=min(_WARMUP, self.total // 5))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        stage = stage_at(recipe, index, self.model.config.rows)
        random = generator_at(self.seed, 3, index)
        with_pictures = index >= recipe.latent_steps
        count = recipe.batch if with_pictures else recipe.latent_batch
        batch = self.data.batch(count, random, self.processes.share(count))
        self.optimizer.zero_grad()
        loss, first = self._turns(batch, stage, with_pictures, random)
        self.processes.average_gradients(self.model.parameters(), mend=False)
        self.optimizer.step()
        follow(self.average, self.model, min(recipe.average, (1 + index) / (10 + index)))
        figures = {"loss": loss, "stage": float(stage), "rate": rate}
        if recipe.adversarial and self._is_progressive:
            figures["judge"] = self._judge(first, stage, index, random)
        done = index + 1
        if done % _MEASURE_EVERY == 0 or done == self.total:
            figures["psnr"] = self.held_out_psnr()
        return figures

    def _turns(
        self, batch: Batch, stage: int, with_pictures: bool, random: torch.Generator
    ) -> tuple[float, Tensor]:
        """Run the turns of a batch backwards one by one; return the mean loss and the first codes."""
        seen = self._seen(batch.images, random)
        codes = self.mean[None].expand(len(seen), -1, -1)
        current = self.first_image
        total, first = 0.0, codes
        for turn in range(self.turns):
            inputs = seen
            if current is not None:
                inputs = torch.cat([seen, current.to(seen).expand_as(seen)], dim=1)
            with precision(self.generator.device, self.recipe.bf16):
                moved = self.model(inputs, stage=stage)
            codes = moved.float().to(self.mean) + codes
            loss, drawn = self._loss(codes, batch, stage, with_pictures, turn)
            torch.autograd.backward(loss / self.turns)
            total += loss.item() / self.turns
            codes = codes.detach()
            first = codes if turn == 0 else first
            if turn + 1 < self.turns:
                drawn = self._draw(codes) if drawn is None else drawn
                current = pooled(drawn.detach(), self.model.config.size)
        return float(self.processes.mean(torch.tensor(total).to(first))), first

    def _seen(self, images: Tensor, random: torch.Generator) -> Tensor:
        seen = self._loaded(self.model).prepare(images)
        if self.recipe.jitter:
            count = len(seen) * self.processes.count
            share = self.processes.share(count)
            amount = self.recipe.jitter * torch.rand(count, 1, 1, 1, generator=random)[share]
            noise = torch.randn(count, *seen.shape[1:], generator=random)[share]
            seen = seen + (amount * noise).to(seen)
        return seen.contiguous(memory_format=torch.channels_last)

    def _draw(self, codes: Tensor) -> Tensor:
        with torch.no_grad(), precision(self.generator.device, self.recipe.bf16):
            parts = [self.generator.synthesize(Latents(part)) for part in codes.split(16)]
        return torch.cat(parts).to(codes)

    def _loss(
        self, codes: Tensor, batch: Batch, stage: int, with_pictures: bool, turn: int
    ) -> tuple[Tensor, Tensor | None]:
        """Return the loss of one turn, and what was drawn for it."""
        recipe = self.recipe
        loss = codes.new_zeros(())
        drawn = None
        if batch.codes is not None and (recipe.latent or not with_pictures):
            loss = (recipe.latent or 1.0) * functional.mse_loss(codes, batch.codes)
        if with_pictures:
            with precision(self.generator.device, recipe.bf16):
                drawn = self.generator.synthesize(Latents(codes)).to(codes)
            loss = loss + self.loss(drawn, batch.images)
        if self._is_progressive:
            loss = loss + recipe.offsets * offset_term(codes, stage)
            if recipe.adversarial and turn == 0:
                loss = loss + recipe.adversarial * encoder_term(self.judge, codes, stage)
        if isinstance(recipe, RestyleRecipe) and recipe.code_norm:
            loss = loss + recipe.code_norm * (codes - self.mean).norm(dim=(1, 2)).mean()
        return loss, drawn

    @property
    def _is_progressive(self) -> bool:
        return self.model.config.traits.is_progressive

    def _judge(self, codes: Tensor, stage: int, index: int, random: torch.Generator) -> float:
        """Train the latent discriminator on mapped codes and on one row of what was read."""
        codes = self.processes.gathered(codes)
        real = draw_codes(self.generator, len(codes), random)[:, 0]
        row = int(torch.randint(stage + 1, (), generator=random))
        fake = self.pool.exchange(codes[:, row], random)
        loss = discriminator_loss(self.judge, real, fake, step=index)
        self.judge_optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.judge_optimizer.step()
        return loss.item()

    @torch.no_grad()
    def held_out_psnr(self) -> float:
        """Draw held-out samples again from the codes that the result reads, by the last turn."""
        random = generator_at(_HELD_OUT, self.seed)
        images = self.data.batch(_HELD_OUT_COUNT, random).images
        encoder = self._loaded(self.result.eval())
        codes = self.mean[None].expand(len(images), -1, -1)
        seen = encoder.prepare(images)
        current = self.first_image
        drawn = images
        for _ in range(self.turns):
            inputs = seen
            if current is not None:
                inputs = torch.cat([seen, current.to(seen).expand_as(seen)], dim=1)
            codes = self.result(inputs) + codes
            drawn = self._draw(codes)
            current = None if current is None else pooled(drawn, encoder.config.size)
        self.result.train()
        return float(psnr(drawn, images).mean())
