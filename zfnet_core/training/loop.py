"""The training loop: several networks on the same batches, exact to resume, the same in one process and in several.

Every step throws its dice from (seed, epoch, step) alone, so the state to go on from is only weights, momenta and the
place in the schedule. A network learns the same whichever others learn beside it.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from zfnet_core.errors import CheckpointError, CorpusError
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.training.augment import training_batch
from zfnet_core.training.evaluation import accuracy_of, scores_of_squares, squares_of
from zfnet_core.training.lesson import Lesson
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.processes import share_batch_norm
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.schedule import epoch_order, rate_after, seed_for
from zfnet_core.training.trainable import TrainableNetwork, clip_filters, optimizer_of, start
from zfnet_core.training.unfolding import unfold

Say = Callable[[str], None]
UNFOLDING_PHOTOS = 512
PROBED_STEPS = 3
RESERVE = 0.95  # of the time that a plan fills: epochs also judge and save


def train(
    home: RunDirectory,
    students: Sequence[RunDirectory],
    lesson: Lesson,
    val: PackedPhotos,
    machine: Machine,
    *,
    checkpoint_s: float = 120,
    say: Say = print,
    epochs: int | None = None,
) -> None:
    """Train until the recipe (or its first `epochs`) is done, going on from the state in `home` if there is one.

    Every one of `students` is a run that has been begun; their recipes differ in the network only. A process that is
    asked to end (Ctrl-C, SIGTERM) finishes its step, saves the state and raises KeyboardInterrupt; one that is killed
    loses at most `checkpoint_s` seconds of work.
    """
    learner = _Learner(home, students, lesson, val, machine, say)
    learner.resume()
    saved, recipe = time.monotonic(), learner.recipe
    with _StopSignal() as stop:
        for epoch in range(learner.epoch, min(recipe.epochs, epochs or recipe.epochs) + 1):
            for step in learner.steps_of(epoch):
                learner.step(epoch, step)
                asked, due = learner.agreed(stop.asked, time.monotonic() - saved > checkpoint_s)
                if asked or due:
                    learner.save()
                    saved = time.monotonic()
                if asked:
                    raise KeyboardInterrupt
            learner.finish(epoch)
            saved = time.monotonic()


def go_on_from(
    run: RunDirectory,
    lesson: Lesson,
    val: PackedPhotos,
    machine: Machine,
    plain: nn.Sequential,
    records: Sequence[Mapping[str, Any]],
) -> None:
    """Save in `run` the state of a run that has come as far as the last of `records`, from its exported network.

    Momenta are not exported and start at zero; see `unfolding` for the batch norms. Raises CheckpointError for a recipe
    with batch norms between the fully connected layers, which cannot be given back.
    """
    if run.recipe.full_batch_norm or not run.recipe.batch_norm:
        raise CheckpointError(
            phrase("Only a recipe with batch norm after its convolutions alone can go on from an export.")
        )
    learner = _Learner(run, [run], lesson, val, machine, print)
    (student,), recipe = learner.students, learner.recipe
    student.records, learner.epoch = [dict(record) for record in records], records[-1]["epoch"] + 1
    px, area = recipe.px_of(learner.epoch), recipe.crop_area_of(learner.epoch)
    dice = torch.Generator().manual_seed(seed_for(recipe.seed, 5))
    chosen = torch.randperm(len(lesson.photos), generator=dice)[:UNFOLDING_PHOTOS].tolist()
    pictures = training_batch(lesson.photos, chosen, px, area, recipe, dice)
    unfold(plain.to(machine.device), student.trainable, pictures, recipe.first_layer_std)
    learner.save()
    run.write_log(student.records)


def fitted_to(
    minutes: float, recipe: Recipe, networks: Sequence[str], lesson: Lesson, val: PackedPhotos, machine: Machine
) -> Recipe:
    """The recipe with as many epochs in each stage as fill that time here, in the proportions of its own stages.

    A few steps of every stage are timed and forgotten, so that the run itself has a fixed schedule and can be resumed
    exactly. Raises CorpusError if not even one epoch of each stage fits.
    """
    learner = _Learner(None, [replace(recipe, network=name) for name in networks], lesson, val, machine, print)
    seconds = []
    for number, (epochs, _) in enumerate(recipe.stages):
        first = 1 + sum(epochs for epochs, _ in recipe.stages[:number])
        learner.steps_of(first)
        learner.step(first, 0)
        machine.wait()
        begun = time.monotonic()
        for _ in range(PROBED_STEPS):
            learner.step(first, 0)
        machine.wait()
        seconds.append((time.monotonic() - begun) / PROBED_STEPS * learner.steps_per_epoch * epochs)
    taken = torch.tensor(seconds).sum().to(machine.device) / machine.processes.count
    factor = minutes * 60 * RESERVE / float(machine.processes.total(taken))
    stages = tuple((int(epochs * factor), px) for epochs, px in recipe.stages)
    if not all(epochs for epochs, _ in stages):
        raise CorpusError(
            phrase(
                "{minutes:g} minutes are too short here for one epoch of each of {stages} stages on {photos:,} "
                "photos; give more time, fewer photos or fewer stages.",
                minutes=minutes,
                stages=len(stages),
                photos=len(lesson.photos),
            )
        )
    return replace(recipe, stages=stages)


def _steps_per_epoch(photos: int, batch: int, processes: int) -> int:
    """Whole batches only. Raises CorpusError where there is not one, or where it cannot be shared out evenly."""
    if photos < batch:
        raise CorpusError(
            phrase(
                "There are {photos} training photos but batches of {batch}; give more photos or a smaller batch.",
                photos=photos,
                batch=batch,
            )
        )
    if batch % processes:
        raise CorpusError(
            phrase(
                "A batch of {batch} cannot be shared by {processes} processes; choose a multiple of {processes}.",
                batch=batch,
                processes=processes,
            )
        )
    return photos // batch


class _StopSignal:
    """Turns SIGINT and SIGTERM into a wish that the loop fulfils between two steps; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _StopSignal:
        with suppress(ValueError):  # not the main thread: signals stay with whoever owns it
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Student:
    """One network that learns, with its optimiser and its records."""

    def __init__(self, recipe: Recipe, run: RunDirectory | None, classes: Sequence[str], machine: Machine) -> None:
        self.recipe, self.machine = recipe, machine
        self._run = run
        torch.manual_seed(seed_for(recipe.seed, 0))
        trainable = TrainableNetwork(recipe.build(len(classes)))
        start(trainable, recipe)
        if recipe.begin_with:
            take_weights(trainable.network, recipe)
        self.trainable = trainable.on(machine.device)
        if machine.processes.count > 1:
            share_batch_norm(trainable.network)
        self.optimizer = optimizer_of(self.trainable, recipe)
        self.model: nn.Module = self.trainable
        if machine.processes.count > 1:
            self.model = DistributedDataParallel(self.trainable, broadcast_buffers=False)
        self.records: list[dict[str, Any]] = []
        self.sums = self._nothing()

    @property
    def run(self) -> RunDirectory:
        """Where it is kept; one that only measures the time has no such place."""
        assert self._run is not None
        return self._run

    def _nothing(self) -> torch.Tensor:
        """Loss, right, photos of this epoch and of this process so far."""
        return torch.zeros(3, dtype=torch.float64, device=self.machine.device)

    def learn(self, pictures: torch.Tensor, targets: torch.Tensor, rate: float, seed: int) -> None:
        """One batch forwards and backwards."""
        recipe = self.recipe
        torch.manual_seed(seed)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with self.machine.autocast():
            scores, pooled_scores = self.model(pictures)
        loss = F.cross_entropy(scores.float(), targets, label_smoothing=recipe.label_smoothing)
        pooled_loss = F.cross_entropy(pooled_scores.float(), targets, label_smoothing=recipe.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        (loss + recipe.pooled_head * pooled_loss).backward()
        self.optimizer.step()
        if recipe.rms_limit is not None:
            clip_filters(self.trainable, recipe.rms_limit)
        truth = targets if targets.dim() == 1 else targets.argmax(1)
        right = (scores.detach().argmax(1) == truth).sum()
        self.sums += torch.stack([loss.detach().double() * len(truth), right.double(), right.new_tensor(len(truth))])

    def state(self) -> dict[str, Any]:
        """What it goes on from; all processes must ask at once."""
        sums = self.machine.processes.total(self.sums).cpu()
        return {
            "weights": self.trainable.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "records": self.records,
            "sums": sums,
        }

    def take(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave; the sums of all processes are the first one's from then on."""
        self.trainable.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.records, self.sums = state["records"], self._nothing()
        if self.machine.processes.first:
            self.sums += state["sums"].to(self.machine.device)

    def means(self) -> tuple[float, float]:
        """Loss and share right of this epoch over all processes, which must ask at once; begins anew."""
        loss, right, photos = self.machine.processes.total(self.sums).tolist()
        self.sums = self._nothing()
        return loss / photos, right / photos


def take_weights(network: nn.Sequential, recipe: Recipe) -> None:
    """Give a new network the weights of the zoo's `recipe.begin_with`, all but a last layer of other classes.

    Raises CheckpointError if that network has learnt nothing or is built otherwise.
    """
    known = zoo.load(recipe.begin_with)
    theirs, ours = known.module.state_dict(), network.state_dict()
    if not known.trained:
        raise CheckpointError(
            phrase(
                "{network} has random weights here; download its weights, then train on from them.", network=known.title
            )
        )
    odd = [name for name, value in ours.items() if name not in theirs or theirs[name].shape != value.shape]
    odd = [name for name in odd if not name.startswith("fc8.")] + [name for name in theirs if name not in ours]
    if odd:
        raise CheckpointError(
            phrase(
                "{network} cannot be trained on with this recipe: {name} is not the same in both; give the network, "
                "units and batch norm that it has.",
                network=known.title,
                name=odd[0],
            )
        )
    network.load_state_dict({**ours, **{key: value for key, value in theirs.items() if value.shape == ours[key].shape}})


class _Learner:
    """The students, their place in the schedule, and how both are saved."""

    def __init__(
        self,
        home: RunDirectory | None,
        students: Sequence[RunDirectory] | Sequence[Recipe],
        lesson: Lesson,
        val: PackedPhotos,
        machine: Machine,
        say: Say,
    ) -> None:
        self.home, self.lesson, self.machine, self.say = home, lesson, machine, say
        pairs = [(one, None) if isinstance(one, Recipe) else (one.recipe, one) for one in students]
        self.students = [_Student(recipe, run, lesson.classes, machine) for recipe, run in pairs]
        self.recipe = self.students[0].recipe
        if any(replace(one.recipe, network=self.recipe.network) != self.recipe for one in self.students):
            raise CheckpointError(
                phrase("The recipes of the networks differ, so they cannot learn together; begin anew.")
            )
        self.steps_per_epoch = _steps_per_epoch(len(lesson.photos), self.recipe.batch, machine.processes.count)
        self.epoch, self.next_step = 1, 0
        self.seconds = 0.0
        self.clock = self.spoken = time.monotonic()
        self.order: list[int] = []
        chosen = torch.randperm(len(val), generator=torch.Generator().manual_seed(0))[: self.recipe.checked_photos]
        self.checked = val.subset(chosen.numpy())
        self.squares: tuple[int, torch.Tensor] | None = None

    def resume(self) -> None:
        assert self.home is not None
        state = self.home.load_state()
        if state is None:
            if self.machine.processes.first:
                for student in self.students:
                    student.run.save_snapshot(0, student.trainable.network.state_dict())
            return
        for student, own in zip(self.students, state["students"], strict=True):
            student.take(own)
        self.epoch, self.next_step, self.seconds = state["epoch"], state["step"], state["seconds"]
        if self.machine.processes.first:
            for student in self.students:
                student.run.write_log(student.records)  # a run killed between saving its state and its log
            self.say(f"going on from epoch {self.epoch}, step {self.next_step}")

    def save(self) -> None:
        assert self.home is not None
        self._count_time()
        students = [student.state() for student in self.students]
        if self.machine.processes.first:
            place = {"epoch": self.epoch, "step": self.next_step, "seconds": self.seconds}
            self.home.save_state({"students": students, **place})

    def steps_of(self, epoch: int) -> range:
        self.order = epoch_order(self.lesson.photos.labels, self.recipe, epoch).tolist()
        for student in self.students:
            student.trainable.train()
        return range(self.next_step, self.steps_per_epoch)

    def step(self, epoch: int, step: int) -> None:
        """One batch, for every student the same."""
        recipe, processes = self.recipe, self.machine.processes
        indices = self.order[step * recipe.batch : (step + 1) * recipe.batch]
        dice = torch.Generator().manual_seed(seed_for(recipe.seed, epoch, step + 1))
        pictures, targets = self.lesson.batch(indices, epoch, recipe, dice, processes.part(recipe.batch))
        rate = rate_after(epoch - 1 + step / self.steps_per_epoch, recipe)
        for student in self.students:
            student.learn(pictures, targets, rate, seed_for(recipe.seed, epoch, step + 1, processes.rank))
        self.next_step = step + 1
        self._tell(epoch, step + 1)

    def agreed(self, *wishes: bool) -> list[bool]:
        """What any of the processes wishes."""
        if self.machine.processes.count == 1:
            return list(wishes)
        wanted = torch.tensor(wishes, dtype=torch.float32, device=self.machine.device)
        return (self.machine.processes.total(wanted) > 0).tolist()

    def _count_time(self) -> None:
        self.machine.wait()
        now = time.monotonic()
        self.seconds += now - self.clock
        self.clock = now

    def _tell(self, epoch: int, step: int) -> None:
        if self.home is None or not self.machine.processes.first or time.monotonic() - self.spoken < 10:
            return
        self._count_time()
        self.spoken = time.monotonic()
        recipe = self.recipe
        rate = step * recipe.batch / max(self.seconds, 1e-9)
        cost = {e: recipe.px_of(e) ** 2 for e in range(epoch, recipe.epochs + 1)}
        left = sum(cost.values()) / cost[epoch] - step / self.steps_per_epoch
        minutes = left * self.steps_per_epoch * recipe.batch / max(rate, 1e-9) / 60
        news = []
        for student in self.students:
            loss, right = (student.sums[:2] / student.sums[2]).tolist()
            name = f"{student.recipe.network} " if len(self.students) > 1 else ""
            news.append(f"{name}loss {loss:.3f} · {100 * right:.1f} % right")
        self.say(
            f"epoch {epoch}/{recipe.epochs} · {recipe.px_of(epoch)} px · {step}/{self.steps_per_epoch} · "
            f"{rate:.0f} photos/s · {' · '.join(news)} · {minutes:.0f} min left"
        )

    def finish(self, epoch: int) -> None:
        """Judge, log, keep a snapshot, save."""
        means = [student.means() for student in self.students]
        self._count_time()
        seconds = self.seconds
        self.epoch, self.next_step, self.seconds = epoch + 1, 0, 0.0
        if self.machine.processes.first:
            for student, (loss, right) in zip(self.students, means, strict=True):
                about = {"epoch": epoch, "px": self.recipe.px_of(epoch), "loss": loss, "train_top1": right}
                record = {**about, "seconds": seconds, **self._judge(student, epoch)}
                student.records = [*student.records, record]
                if epoch in self.recipe.snapshots or epoch == self.recipe.epochs:
                    student.run.save_snapshot(epoch, student.trainable.network.state_dict())
        self.save()
        if self.machine.processes.first:
            for student in self.students:
                student.run.write_log(student.records)
                name = f"{student.recipe.network} · " if len(self.students) > 1 else ""
                self.say(name + " · ".join(f"{key} {value:.4g}" for key, value in student.records[-1].items()))
        self.seconds, self.clock = 0.0, time.monotonic()

    def _judge(self, student: _Student, epoch: int) -> dict[str, float]:
        px = self.recipe.checked_px(epoch)
        if self.squares is None or self.squares[0] != px:
            self.squares = px, squares_of(self.checked, px)
        scores = scores_of_squares(student.trainable, self.squares[1], self.recipe, self.machine)
        accuracy = accuracy_of(scores, self.checked.labels)
        return {
            "val_px": px,
            "val_photos": len(self.checked),
            "val_loss": F.cross_entropy(scores, self.checked.labels).item(),
            "val_top1": accuracy.top1,
            "val_top5": accuracy.top5,
        }
