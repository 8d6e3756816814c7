"""What a server process sends to a `Computer` in another process, and what happens when that does not answer.

Sent are the passes of large networks, and long work that is a partial of a function of zfnet_core, which every process
knows by its name. Other long work and all short work is done here. When the computer is lost, whoever waits for it is
told so, once; until there is one again, which is tried in the background, everything is computed here.
"""

from __future__ import annotations

import logging
import math
import pickle
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import PurePath
from typing import Any
from weakref import WeakSet

import torch

from zfnet_core.errors import ComputationFailed
from zfnet_core.forward.trace import Recording, Trace
from zfnet_core.models.network import Network
from zfnet_core.models.steps import MaxPool
from zfnet_core.serving.computer import Named, News, TheScheduler, TraceOf, Unknown, Wanted, sendable
from zfnet_core.serving.letters import Letter, packed, unpacked
from zfnet_core.serving.scheduler import Scheduler
from zfnet_core.serving.sent_networks import Identities, Identity, Parcel
from zfnet_core.serving.tasks import BROKEN_OFF, Failure, Work, steps_of

LEAST_MACS = 2e9  # a pass of fewer multiply–adds takes no longer here than what it leaves takes to be sent
AGAIN_S = 15.0  # after an attempt to find a computer that failed
LOOK_S, HURRIED_S = 0.2, 0.02  # how long to wait for something new: alone, and while other long work waits for its turn
ANSWER_S, PARCEL_S, STOP_S = 60.0, 300.0, 5.0  # how long a call may take, at most
MOST_PARCELS = 8  # in one question: who forgets networks faster than they are sent has no room for them
UNSENDABLE = (pickle.PicklingError, TypeError, AttributeError, ValueError)
Call = Callable[..., Any]  # call(method, *arguments, seconds=…) of a Computer, wherever it is; raises what it likes
log = logging.getLogger(__name__)


class Remote:
    """A computer elsewhere, found by `connect()`, which may take its time: it is called in a thread. Thread-safe.

    Passes of networks of fewer than `least_macs` multiply–adds are not sent. `clock` gives seconds.
    """

    def __init__(
        self,
        connect: Callable[[], Call],
        least_macs: float = LEAST_MACS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect, self._least_macs, self._clock = connect, least_macs, clock
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._call: Call | None = None
        self._connecting, self._not_before = False, -math.inf
        self._settled = threading.Event()
        self._identities = Identities()
        self._traced: WeakSet[Recording] = WeakSet()
        self._stays_here: WeakSet[Network] = WeakSet()
        self._found()

    def wait(self, seconds: float) -> bool:
        """Wait until the attempt to find the computer that is under way has ended; whether there is one then."""
        self._found()
        self._settled.wait(seconds)
        return self._call is not None

    def trace(self, network: Network, image: torch.Tensor) -> Recording | None:
        """What the pass of one image [1, 3, H, W] leaves; None where that is to be computed here.

        Raises ComputationFailed when the computer is lost, and what the pass raises there.
        """
        if network.macs < self._least_macs or self._found() is None or not self._may_leave(network):
            return None
        identity = self._identities.of(network)
        answer = self._ask({identity: network}, ANSWER_S, "trace", identity, packed(image))
        if answer is None:
            return None
        outputs, switches = unpacked(answer)
        pools = {step.name: step for step in network.steps if isinstance(step, MaxPool)}
        return Recording(image.contiguous(memory_format=torch.channels_last), outputs, switches, pools)

    def remember(self, recording: Recording) -> None:
        """It is that of a whole pass of one image: a letter may name it by that image."""
        with self._lock:
            self._traced.add(recording)

    def steps(self, work: Work[Any], hurried: Callable[[], bool] = lambda: False) -> Iterator[Any]:
        """The growing results of `work`, computed there where it can be sent, else here.

        Yields the newest one again where there is none newer, and None before the first, so that who iterates can stop
        at any time. `hurried()` tells whether others wait. Raises ComputationFailed when the computer is lost.
        """
        written = self._written(work) if isinstance(work, partial) and self._found() is not None else None
        if written is None:
            yield from steps_of(work)
            return
        letter, networks = written
        visitor, key, newest, sent = uuid.uuid4().hex, letter.digest, None, False
        by_name = networks.__getitem__
        try:
            while True:
                wait_s = HURRIED_S if hurried() else LOOK_S
                answer = self._ask(networks, ANSWER_S, "look", visitor, key, None if sent else letter, wait_s)
                if answer is None:
                    yield from steps_of(work)
                    return
                sent = not isinstance(answer, Unknown)
                if not isinstance(answer, News):
                    continue
                if answer.result is not None:
                    newest = unpacked(answer.result, lambda name: by_name(name.identity))
                if answer.result is not None or not answer.complete:
                    yield newest
                if answer.complete:
                    return
        finally:
            self._stop(visitor)

    def _ask(self, networks: dict[Identity, Network], seconds: float, method: str, *arguments: Any) -> Any:
        """The computer's answer, after it has been sent the networks that it lacked; None where there is no computer.

        Raises ComputationFailed when it is lost, and the failure that it answers with.
        """
        for _ in range(MOST_PARCELS):
            answer = self._called(seconds, method, *arguments)
            if isinstance(answer, Failure):
                raise answer.error()
            if not isinstance(answer, Wanted):
                return answer
            network = networks[answer.identity]
            with self._sending:  # one of this process's visitors at a time, so that nothing is sent twice
                kept = self._called(ANSWER_S, "has", answer.identity)
                if kept is False:
                    kept = self._called(PARCEL_S, "keep", answer.identity, Parcel.of(network))
                if kept is False:  # None: somebody else has lost the computer meanwhile
                    with self._lock:
                        self._stays_here.add(network)
                if not kept:
                    return None
        return None

    def _called(self, seconds: float, method: str, *arguments: Any) -> Any:
        call = self._found()
        if call is None:
            return None
        try:
            return call(method, *arguments, seconds=seconds)
        except Exception as error:
            log.error("The computer elsewhere is lost; until it is found again, this process computes.", exc_info=error)
            with self._lock:
                if self._call is call:
                    self._call = None
            self._found()
            raise ComputationFailed(BROKEN_OFF) from error

    def _stop(self, visitor: str) -> None:
        """In a thread of its own: whoever ends a task does not wait for an answer."""
        call = self._call
        if call is not None:
            threading.Thread(target=_quietly, args=(call, "stop", visitor), daemon=True).start()

    def _found(self) -> Call | None:
        """The computer; where there is none, one is looked for, in the background."""
        with self._lock:
            if self._call is None and not self._connecting and self._clock() >= self._not_before:
                self._connecting = True
                self._settled.clear()
                threading.Thread(target=self._look_for_it, name="looks for a computer", daemon=True).start()
            return self._call

    def _look_for_it(self) -> None:
        found = None
        try:
            found = self._connect()
        except Exception as error:
            log.warning("There is no computer elsewhere (%s); this process computes.", " ".join(str(error).split()))
        finally:
            with self._lock:
                self._call, self._connecting = found, False
                self._not_before = -math.inf if found is not None else self._clock() + AGAIN_S
            self._settled.set()

    def _may_leave(self, network: Network) -> bool:
        with self._lock:
            return network not in self._stays_here

    def _written(self, work: partial[Iterator[Any]]) -> tuple[Letter, dict[Identity, Network]] | None:
        """The work as a letter, and the networks in it; None where it cannot be sent."""
        if not sendable(work):
            return None
        networks: dict[Identity, Network] = {}

        def refer(one: Any) -> Any:
            if isinstance(one, Trace):
                with self._lock:
                    known = one.recording in self._traced
                if not known:
                    raise pickle.PicklingError("Nobody there could make that trace again.")
                return TraceOf(one.network, one.images)
            if isinstance(one, Network):
                if not self._may_leave(one):
                    raise pickle.PicklingError("That network can be built here only.")
                identity = self._identities.of(one)
                networks[identity] = one
                return Named(identity)
            if isinstance(one, PurePath):
                raise pickle.PicklingError("Files of this machine are read here.")
            return TheScheduler() if isinstance(one, Scheduler) else None

        with suppress(*UNSENDABLE):
            return packed(work, refer), networks
        return None


def _quietly(call: Call, method: str, *arguments: Any) -> None:
    with suppress(Exception):  # whoever is not there has stopped
        call(method, *arguments, seconds=STOP_S)
