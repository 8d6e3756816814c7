"""The training loop: exact to resume, the same in one process and in several.

Every step throws its dice from (seed, epoch, step) alone, so the state to go on from is only weights, momenta and the
place in the schedule.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from zfnet_core.errors import CorpusError
from zfnet_core.training.augment import training_batch
from zfnet_core.training.form import TrainingForm, clip_filters, optimizer_of, start
from zfnet_core.training.judging import judged, scores_of
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.processes import share_batch_norm
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.schedule import dice_of, epoch_order, rate_after
from zfnet_core.training.unfolding import unfold

Say = Callable[[str], None]
UNFOLDING_PHOTOS = 512


def train(
    run: RunDirectory,
    recipe: Recipe,
    photos: dict[str, PackedPhotos],
    machine: Machine,
    *,
    checkpoint_s: float = 120,
    say: Say = print,
    epochs: int | None = None,
) -> None:
    """Train until the recipe (or its first `epochs`) is done, going on from the state in `run` if there is one.

    A process that is asked to end (Ctrl-C, SIGTERM) finishes its step, saves its state and raises KeyboardInterrupt;
    one that is killed loses at most `checkpoint_s` seconds of work.
    """
    stop = _StopSignal()
    learner = _Learner(run, recipe, photos, machine, say)
    learner.resume()
    saved = time.monotonic()
    for epoch in range(learner.epoch, min(recipe.epochs, epochs or recipe.epochs) + 1):
        for step in learner.steps_of(epoch):
            learner.step(epoch, step, wants=(stop.asked, time.monotonic() - saved > checkpoint_s))
            if learner.wanted.any():
                learner.save()
                saved = time.monotonic()
            if learner.wanted[0]:
                raise KeyboardInterrupt
        learner.finish(epoch)
        saved = time.monotonic()


def begin_with(
    run: RunDirectory,
    recipe: Recipe,
    photos: dict[str, PackedPhotos],
    machine: Machine,
    plain: nn.Sequential,
    records: Sequence[Mapping[str, Any]],
) -> None:
    """Save in `run` the state of a run that has come as far as the last of `records`, from its exported network.

    Momenta are not exported and start at zero; see `unfolding` for the batch norms.
    """
    learner = _Learner(run, recipe, photos, machine, print)
    learner.records, learner.epoch = [dict(record) for record in records], records[-1]["epoch"] + 1
    px, area = recipe.px_of(learner.epoch), recipe.crop_area_of(learner.epoch)
    dice = torch.Generator().manual_seed(dice_of(recipe.seed, 5))
    chosen = torch.randperm(len(photos["train"]), generator=dice)[:UNFOLDING_PHOTOS].tolist()
    pictures = training_batch(photos["train"], chosen, px, area, recipe, dice)
    unfold(plain.to(machine.device), learner.form, pictures, recipe.first_layer_std)
    learner.save()
    run.write_log(learner.records)


def _steps_per_epoch(photos: int, batch: int, processes: int) -> int:
    """Whole batches only. Raises CorpusError where there is not one, or where it cannot be shared out evenly."""
    if photos < batch:
        raise CorpusError(
            f"There are {photos} training photos but batches of {batch}; give more photos or a smaller batch."
        )
    if batch % processes:
        raise CorpusError(
            f"A batch of {batch} cannot be shared by {processes} processes; choose a multiple of {processes}."
        )
    return photos // batch


class _StopSignal:
    """Turns SIGINT and SIGTERM into a wish that the loop fulfils between two steps; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self.asked = False
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._ask)
        except ValueError:
            pass  # not the main thread: signals stay with whoever owns it

    def _ask(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Learner:
    """Network, optimiser and place in the schedule, and how they are saved."""

    def __init__(
        self, run: RunDirectory, recipe: Recipe, photos: dict[str, PackedPhotos], machine: Machine, say: Say
    ) -> None:
        self.run, self.recipe, self.photos, self.machine, self.say = run, recipe, photos, machine, say
        torch.manual_seed(dice_of(recipe.seed, 0))
        form = TrainingForm(recipe.build(len(photos["train"].classes)))
        start(form, recipe)
        self.form = form.to(machine.device, memory_format=torch.channels_last)
        if machine.processes.count > 1:
            share_batch_norm(form.network)
        self.optimizer = optimizer_of(self.form, recipe)
        self.model: nn.Module = self.form
        if machine.processes.count > 1:
            self.model = DistributedDataParallel(self.form, broadcast_buffers=False)
        self.steps_per_epoch = _steps_per_epoch(len(photos["train"]), recipe.batch, machine.processes.count)
        self.records: list[dict[str, Any]] = []
        self.epoch, self.next_step = 1, 0
        self.sums = torch.zeros(3, dtype=torch.float64)  # loss, right, photos of this epoch so far
        self.seconds = 0.0
        self.wanted = torch.zeros(2, dtype=torch.bool)
        self.clock = self.spoken = time.monotonic()
        self.order: tuple[int, list[int]] = (0, [])

    def resume(self) -> None:
        state = self.run.load_state()
        if state is None:
            if self.machine.processes.first:
                self.run.save_snapshot(0, self.form.network.state_dict())
            return
        self.form.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.next_step = state["epoch"], state["step"]
        self.records, self.seconds, self.sums = state["records"], state["seconds"], state["sums"]
        if self.machine.processes.first:
            self.run.write_log(self.records)  # a run killed between saving its state and its log
            self.say(f"going on from epoch {self.epoch}, step {self.next_step}")

    def save(self) -> None:
        if self.machine.processes.first:
            self.run.save_state(
                {
                    "weights": self.form.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "epoch": self.epoch,
                    "step": self.next_step,
                    "records": self.records,
                    "seconds": self.seconds,
                    "sums": self.sums,
                }
            )

    def steps_of(self, epoch: int) -> range:
        self.order = epoch, epoch_order(self.photos["train"].labels, self.recipe, epoch).tolist()
        self.form.train()
        return range(self.next_step, self.steps_per_epoch)

    def step(self, epoch: int, step: int, wants: tuple[bool, bool]) -> None:
        """One batch forwards and backwards."""
        recipe, device, processes = self.recipe, self.machine.device, self.machine.processes
        indices = self.order[1][step * recipe.batch : (step + 1) * recipe.batch]
        part = processes.part(recipe.batch)
        dice = torch.Generator().manual_seed(dice_of(recipe.seed, epoch, step + 1))
        torch.manual_seed(dice_of(recipe.seed, epoch, step + 1, processes.rank))
        px, area = recipe.px_of(epoch), recipe.crop_area_of(epoch)
        pictures = training_batch(self.photos["train"], indices, px, area, recipe, dice, part)
        labels = self.photos["train"].labels[indices[part]].to(device)
        rate = rate_after(epoch - 1 + step / self.steps_per_epoch, recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with self.machine.autocast():
            scores, pooled_scores = self.model(pictures)
        loss = F.cross_entropy(scores.float(), labels, label_smoothing=recipe.label_smoothing)
        pooled_loss = F.cross_entropy(pooled_scores.float(), labels, label_smoothing=recipe.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        (loss + recipe.pooled_head * pooled_loss).backward()
        self.optimizer.step()
        if recipe.rms_limit is not None:
            clip_filters(self.form, recipe.rms_limit)
        right = (scores.detach().argmax(1) == labels).sum()
        news = torch.tensor([loss.item() * len(labels), right.item(), len(labels), *wants], dtype=torch.float64)
        news = processes.total(news.to(device, torch.float32)).cpu().double()
        self.sums += news[:3]
        self.wanted = news[3:] > 0
        self.next_step = step + 1
        self._count_time()
        self._tell(epoch, step + 1)

    def _count_time(self) -> None:
        now = time.monotonic()
        self.seconds += now - self.clock
        self.clock = now

    def _tell(self, epoch: int, step: int) -> None:
        if not self.machine.processes.first or time.monotonic() - self.spoken < 10:
            return
        self.spoken = time.monotonic()
        recipe = self.recipe
        rate = float(self.sums[2]) / max(self.seconds, 1e-9)
        cost = {e: recipe.px_of(e) ** 2 for e in range(epoch, recipe.epochs + 1)}
        left = sum(cost.values()) / cost[epoch] - step / self.steps_per_epoch
        minutes = left * self.steps_per_epoch * recipe.batch / max(rate, 1e-9) / 60
        loss, right = (self.sums[:2] / self.sums[2]).tolist()
        self.say(
            f"epoch {epoch}/{recipe.epochs} · {recipe.px_of(epoch)} px · {step}/{self.steps_per_epoch} · "
            f"{rate:.0f} photos/s · loss {loss:.3f} · {right:.1%} right · {minutes:.0f} min left"
        )

    def finish(self, epoch: int) -> None:
        """Judge, log, keep a snapshot, save."""
        loss, right = (self.sums[:2] / self.sums[2]).tolist()
        record = {
            "epoch": epoch,
            "px": self.recipe.px_of(epoch),
            "loss": loss,
            "train_top1": right,
            "seconds": self.seconds,
        }
        self.epoch, self.next_step, self.seconds = epoch + 1, 0, 0.0
        self.sums = torch.zeros_like(self.sums)
        if self.machine.processes.first:
            record |= self._judge(epoch)
            self.records = [*self.records, record]
            if epoch in self.recipe.snapshots or epoch == self.recipe.epochs:
                self.run.save_snapshot(epoch, self.form.network.state_dict())
            self.save()
            self.run.write_log(self.records)
            self.say(" · ".join(f"{key} {value:.4g}" for key, value in record.items()))
        self.clock = time.monotonic()

    def _judge(self, epoch: int) -> dict[str, float]:
        photos = self.photos["val"]
        chosen = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0))[: self.recipe.checked_photos]
        px = self.recipe.checked_px(epoch)
        scores = scores_of(self.form, photos.subset(chosen.numpy()), px, self.recipe, self.machine)
        labels = photos.labels[chosen]
        accuracy = judged(scores, labels)
        return {
            "val_px": px,
            "val_photos": len(chosen),
            "val_loss": F.cross_entropy(scores, labels).item(),
            "val_top1": accuracy.top1,
            "val_top5": accuracy.top5,
        }
