"""Strangers' photos are decoded in processes of their own, which can be killed: at most two, kept for the next photo.

`open_image` is `decoding.open_image` there, once a server has called `begin`; before that, and where no process can be
started, it decodes here.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from zfnet_core.errors import ImageError
from zfnet_core.language import phrase
from zfnet_core.photos import decoding
from zfnet_core.photos.decoder import READY, Nonsense, NotItsTurn, Question, answer, ask
from zfnet_core.photos.decoding import ONE_BIG_PICTURE, Decoded, Photo, called, check_bytes, printable, sha_of

log = logging.getLogger(__name__)

MOST_PROCESSES = 2
CPU_S = 10
"""Seconds of the processor that one file may take (our choice): the heaviest honest pictures that we know take 1.5."""
WALL_S = 30
"""Seconds by the clock that it may take, also on a busy machine (our choice)."""
START_S = 60.0
"""Seconds that a process has for its imports, which take half a second; then the server decodes itself."""
TOO_LONG = tuple(-getattr(signal, name) for name in ("SIGXCPU", "SIGALRM") if hasattr(signal, name))
HERE = Path(__file__).parents[2]
COMMAND = (
    *(sys.executable, "-P", "-c"),
    "import sys; sys.path.insert(0, sys.argv[1]); from zfnet_core.photos.decoder import main; main()",
    str(HERE),
)
SMALL = {
    **{"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
    **{"MALLOC_MMAP_THRESHOLD_": str(8 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20)},
}


class NotStarted(Exception):
    """There is no process that could decode."""


class Decoder:
    """One process, from the server's side. It is started when it is made, and waited for when it is asked."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """Raises OSError where the system starts no process."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **SMALL},
            start_new_session=True,  # Ctrl-C in a terminal is for the server
        )
        self._in, self._out = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self._greeted = self._late = self._asked = False

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return not self._late and not self._asked and self._process.poll() is None

    def decode(self, question: Question, data: bytes) -> tuple[Decoded, str]:
        """What is in the file, and its SHA-256. Raises ImageError, NotItsTurn among them, and NotStarted.

        A process that takes too long, that ends or that answers nonsense is over, and the ImageError says so.
        """
        self._wait_until_ready()
        try:
            with self._killed_after(question.wall_s):
                self._asked = True
                ask(self._in, question, data)
                sha = sha_of(data)
                found = answer(self._out, question)
                self._asked = False
        except (OSError, EOFError, Nonsense):
            raise self._over(question) from None
        if isinstance(found, ImageError):
            raise found
        return found, sha

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._in, self._out):
            with suppress(OSError):  # what was still to be written
                pipe.close()
        self._process.wait()

    def _wait_until_ready(self) -> None:
        if not self._greeted:
            with self._killed_after(START_S):
                self._greeted = self._out.readline(len(READY)) == READY
            if not self._greeted or self._late:
                self.stop()
                raise NotStarted

    def _over(self, question: Question) -> ImageError:
        self.stop()
        log.warning("A process that decodes photos has ended (%s).", self._process.returncode)
        file = called(question.name)
        if self._late or self._process.returncode in TOO_LONG:
            return ImageError(
                phrase(
                    "{file} takes longer to be decoded than the {seconds} s that one photo gets; open it in a photo "
                    "program and save it again.",
                    file=file,
                    seconds=question.wall_s if self._late else question.cpu_s,
                )
            )
        return ImageError(
            phrase(
                "{file} makes the program that decodes photos break off; open it in a photo program and save it again "
                "as a PNG or JPEG.",
                file=file,
            )
        )

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        def kill() -> None:
            self._late = True
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # it has killed by now, or never will


class Decoders:
    """At most `most` processes; `cpu_s` and `wall_s` are the seconds that each file may take."""

    def __init__(
        self,
        most: int = MOST_PROCESSES,
        command: Sequence[str] = COMMAND,
        cpu_s: int = CPU_S,
        wall_s: int = WALL_S,
    ) -> None:
        self._command, self._cpu_s, self._wall_s = command, cpu_s, wall_s
        self._room, self._free, self._ended = threading.Semaphore(most), list[Decoder](), False

    def start(self) -> None:
        """Start one ahead, so that the first photo need not wait for it."""
        try:
            self._free.append(Decoder(self._command))
        except OSError:
            log.warning("No process that decodes photos can be started; the server decodes them.", exc_info=True)

    def open_image(self, data: bytes, name: str = "", *, short_side: int | None = None) -> Photo:
        """As `decoding.open_image`; raises ImageError also for what cannot be decoded in time.

        A large picture comes back at once, and is asked for again when it is its turn: meanwhile the processes are
        there for small ones.
        """
        check_bytes(len(data), name)
        try:
            try:
                made, sha = self._decoded(data, name, short_side, large=False)
            except NotItsTurn:
                with ONE_BIG_PICTURE:
                    made, sha = self._decoded(data, name, short_side, large=True)
        except (OSError, NotStarted):
            log.warning("No process that decodes photos can be started; the server decodes this one.")
            return decoding.open_image(data, name, short_side=short_side)
        return Photo(made.pixels, sha, printable(name), made.notes, made.original_size)

    def stop(self) -> None:
        """End all of them; one that is at work ends with it."""
        self._ended = True
        while self._free:
            self._free.pop().stop()

    def _decoded(self, data: bytes, name: str, short_side: int | None, large: bool) -> tuple[Decoded, str]:
        question = Question(printable(name), len(data), short_side, large, self._cpu_s, self._wall_s)
        with self._one() as decoder:
            return decoder.decode(question, data)

    @contextmanager
    def _one(self) -> Iterator[Decoder]:
        with self._room:
            decoder = self._taken() or Decoder(self._command)
            try:
                yield decoder
            finally:
                if decoder.alive and not self._ended:
                    self._free.append(decoder)
                else:
                    decoder.stop()
                    if not self._ended:
                        self.start()

    def _taken(self) -> Decoder | None:
        """One that is free; those that have ended in the meantime are thrown away."""
        while self._free:
            with suppress(IndexError):
                decoder = self._free.pop()
                if decoder.alive:
                    return decoder
                decoder.stop()
        return None


_server: list[Decoders] = []


def begin() -> None:
    """From now on this process has strangers' photos decoded by others."""
    if not _server:
        _server.append(Decoders())
        _server[0].start()


def end() -> None:
    """No longer; the others end."""
    while _server:
        _server.pop().stop()


def open_image(data: bytes, name: str = "", *, short_side: int | None = None) -> Photo:
    """Decode a stranger's file, in a process that can be killed where `begin` was called. Raises ImageError."""
    opened = _server[0].open_image if _server else decoding.open_image
    return opened(data, name, short_side=short_side)
