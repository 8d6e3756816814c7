"""Photos decoded in a process of their own: the same photos and sentences, and an end to what never ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hostile_uploads as hostile
import numpy as np
import pytest

from zfnet_core.errors import ImageError
from zfnet_core.language import Phrase, phrase, speaking, t
from zfnet_core.photos import apart, decoder, decoding
from zfnet_core.photos.apart import Decoders
from zfnet_core.photos.decoder import Nonsense, NotItsTurn, Question, answer
from zfnet_core.photos.decoding import ONE_BIG_PICTURE, open_image

ROOT = Path(__file__).parents[2]
PHOTO = hostile.encoded(hostile.scene(), "png")
LARGE = hostile.png(2600, 2600, hostile.black_rows(2600, 2600, 8))
QUESTION = Question("a.png", 3, None, False, 10, 30)
# A decoder in which some files do what only a fault in a library's code could do.
POISONED = f"""
import os, signal, sys, time
sys.path.insert(0, {str(ROOT)!r})
from zfnet_core.photos import decoder, decoding
def spin():
    while True: pass
poisons = {{
    b"busy": spin,
    b"asleep": lambda: time.sleep(1000),
    b"killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"fault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    b"greedy": lambda: bytearray(2**32),
    b"talks": lambda: print("x" * 10**6, flush=True),
}}
harmless = decoding.png_without_large_words
decoding.png_without_large_words = lambda data: poisons.get(data, lambda: None)() or harmless(data)
decoder.main()
"""


def poisoned(**limits: int) -> Decoders:
    return Decoders(command=(sys.executable, "-P", "-c", POISONED), **limits)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    made = Decoders()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def with_poison() -> Iterator[Decoders]:
    made = poisoned(cpu_s=1, wall_s=20)
    yield made
    made.stop()


def pids(decoders: Decoders) -> list[int]:
    return [one._process.pid for one in decoders._free]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def refused(decoders: Decoders, data: bytes, name: str = "a.png") -> ImageError:
    with pytest.raises(ImageError) as refusal:
        decoders.open_image(data, name)
    return refusal.value


@pytest.mark.parametrize(
    "name, data", list(hostile.odd_pictures()), ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.filterwarnings("ignore")
def test_a_photo_is_the_same_apart(name: str, data: bytes, decoders: Decoders) -> None:
    there, here = decoders.open_image(data, name), open_image(data, name)
    assert (there.pixels == here.pixels).all() and there.pixels.dtype == np.uint8 and not there.pixels.flags.writeable
    assert (there.sha, there.name, there.notes) == (here.sha, here.name, here.notes)
    assert there.original_size == here.original_size and there.title == here.title
    small = decoders.open_image(data, name, short_side=20)
    assert (small.pixels == open_image(data, name, short_side=20).pixels).all()


@pytest.mark.filterwarnings("ignore")
def test_a_refusal_is_the_same_apart_in_every_language(decoders: Decoders) -> None:
    for name, data in (*hostile.refused_uploads(), ("", b""), ("", b"no picture")):
        there = refused(decoders, data, name).args[0]
        with pytest.raises(ImageError) as refusal:
            open_image(data, name)
        here = refusal.value.args[0]
        assert isinstance(there, Phrase) and there == here
        with speaking("zh"):
            assert t(there) == t(here) != here


@pytest.mark.filterwarnings("ignore")
def test_the_heaviest_pictures_fit(decoders: Decoders) -> None:
    for name, data in hostile.heavy_pictures():
        assert max(decoders.open_image(data, name).original_size) >= 100
    (pid,) = pids(decoders)
    assert pid, "one process was enough, since one came after the other"


def test_a_process_that_decodes_is_small(decoders: Decoders) -> None:
    code = "import sys, zfnet_core.photos.decoder; assert not {'torch', 'streamlit', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_what_never_ends_is_ended(with_poison: Decoders) -> None:
    said = refused(with_poison, b"busy", "slow.png").args[0]
    assert said.startswith("“slow.png” takes longer to be decoded than the 1 s that one photo gets; open it")
    with speaking("zh"):
        assert "1 s" in t(said) and "slow.png" in t(said) and "takes" not in t(said)
    assert with_poison.open_image(PHOTO).size == (96, 64)


def test_while_one_waits_for_ever_others_open_and_its_time_ends_too() -> None:
    decoders, said = poisoned(wall_s=8), list[str]()
    thread = threading.Thread(target=lambda: said.append(str(refused(decoders, b"asleep"))))
    thread.start()
    for _ in range(3):
        assert decoders.open_image(PHOTO).size == (96, 64)
    assert said == []
    thread.join()
    assert "than the 8 s that" in said[0]
    assert decoders.open_image(PHOTO).size == (96, 64)
    decoders.stop()


@pytest.mark.parametrize("poison", [b"killed", b"fault"])
def test_a_process_that_dies_is_one_sentence_and_the_next_photo_opens(poison: bytes, with_poison: Decoders) -> None:
    assert "“a.png” makes the program that decodes photos break off" in str(refused(with_poison, poison))
    assert with_poison.open_image(PHOTO).size == (96, 64)


def test_who_asks_for_more_memory_than_there_is_gets_a_sentence(with_poison: Decoders) -> None:
    with_poison.open_image(PHOTO)
    before = sorted(pids(with_poison))
    assert "“a.png” needs more memory to be decoded than" in str(refused(with_poison, b"greedy"))
    assert sorted(pids(with_poison)) == before


def test_what_a_library_prints_is_no_answer(with_poison: Decoders) -> None:
    assert "is not a picture that can be read here" in str(refused(with_poison, b"talks"))


def test_one_that_died_while_nobody_asked_costs_no_photo(with_poison: Decoders) -> None:
    with_poison.open_image(PHOTO)
    for pid in pids(with_poison):
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert with_poison.open_image(PHOTO).size == (96, 64)


def test_an_answer_that_nobody_waited_for_is_given_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    decoders = Decoders()

    def interrupted(data: bytes) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(apart, "sha_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            decoders.open_image(PHOTO)
    assert (decoders.open_image(hostile.encoded(hostile.scene(50, 40), "png"))).size == (50, 40)
    decoders.stop()


def test_where_no_process_starts_the_server_decodes() -> None:
    for command in (("/nowhere/python",), (sys.executable, "-c", "pass")):
        decoders = Decoders(command=command)
        decoders.start()
        assert decoders.open_image(PHOTO).sha == open_image(PHOTO).sha
        assert decoders.open_image(LARGE).original_size == (2600, 2600)
        decoders.stop()


def test_large_pictures_wait_for_their_turn_and_small_ones_do_not(decoders: Decoders) -> None:
    opened: list[tuple[int, int]] = []
    threads = [threading.Thread(target=lambda: opened.append(decoders.open_image(LARGE).size)) for _ in range(3)]
    with ONE_BIG_PICTURE:
        for thread in threads:
            thread.start()
        for _ in range(5):
            assert decoders.open_image(PHOTO).size == (96, 64)
        assert opened == []
    for thread in threads:
        thread.join()
    assert opened == [(1600, 1600)] * 3


def test_there_are_never_more_than_two(decoders: Decoders) -> None:
    threads = [threading.Thread(target=decoders.open_image, args=(PHOTO,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(pids(decoders)) <= 2


def test_a_server_switches_it_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "decode", lambda *_, **__: pytest.fail("decoded here"))
    apart.begin()
    apart.begin()
    (decoders,) = apart._server
    (pid,) = pids(decoders)
    assert apart.open_image(PHOTO, "a.png").name == "a.png" and is_running(pid)
    apart.end()
    assert not is_running(pid)
    monkeypatch.undo()
    assert apart.open_image(PHOTO).size == (96, 64) and not apart._server


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_is_left_when_the_server_is_killed() -> None:
    program = f"""
import sys, threading, time
sys.path.insert(0, {str(ROOT)!r})
from zfnet_core.photos.apart import Decoders
decoders = Decoders(command=(sys.executable, "-P", "-c", {POISONED!r}), cpu_s=2)
decoders.start(); decoders.start()
pids = [one._process.pid for one in decoders._free]
decoders.open_image({PHOTO!r})
threading.Thread(target=decoders.open_image, args=(b"busy",)).start()
time.sleep(0.2)
print(*pids, flush=True)
"""
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    started = [int(word) for word in server.stdout.readline().split()]
    assert len(started) == 2 and all(map(is_running, started))
    server.kill()
    server.wait()
    end = time.monotonic() + 60  # two seconds of the processor, on however busy a machine
    while any(map(is_running, started)):
        assert time.monotonic() < end
        time.sleep(0.1)


def line(**parts: object) -> bytes:
    return json.dumps({"size": [2, 1], "original": [2, 1], "notes": []} | parts).encode() + b"\n"


def error(said: object) -> bytes:
    return json.dumps({"error": said}).encode() + b"\n"


NONSENSE = {
    "words": b"hello\n",
    "a list": b"[1]\n",
    "no end": b"[" * 10**6,
    "a number": b'{"size": ' + b"9" * 60_000 + b"}\n",
    "huge": line(size=[60_000, 60_000]),
    "long": line(size=[10**9, 1]),
    "negative": line(size=[-2, -1]),
    "none": line(size=[0, 0]),
    "half": line(size=[1.5, 2]),
    "three sides": line(size=[2, 1, 1]),
    "never so large": line(original=[60_000, 60_000]),
    "many notes": line(notes=["a"] * 1000),
    "numbers for notes": line(notes=[1]),
    "attributes": error(["{a.__class__}", {"a": "b"}]),
    "attributes by name": error(["{a.__class__}", {"a.__class__": "b"}]),
    "room": error(["{a:999999999}", {"a": "b"}]),
    "conversion": error(["{a!r}", {"a": "b"}]),
    "by place": error(["{0}", {"0": "b"}]),
    "missing": error(["{b}", {"a": "b"}]),
    "torn": error(["{a", {"a": "b"}]),
    "own names": error(["{message}", {"message": "b"}]),
    "deep": error(["{a}", {"a": ["{a}", {"a": ["{a}", {"a": "b"}]}]}]),
    "a large number": error(["{a}", {"a": 10**30}]),
    "half a letter": error("\ud800"),
    "nothing": error(None),
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_before_there_is_room_for_it(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder.np, "empty", lambda *_: pytest.fail("room was made"))
    with pytest.raises(Nonsense):
        answer(io.BytesIO(said), QUESTION)


def test_what_is_no_nonsense_is_understood() -> None:
    there = answer(io.BytesIO(line(notes=["a", ["{n} of {what}", {"n": 2, "what": ["b", {}]}]]) + b"abcdef"), QUESTION)
    assert isinstance(there, decoding.Decoded) and there.pixels.tolist() == [[[97, 98, 99], [100, 101, 102]]]
    assert there.notes == ("a", "2 of b") and isinstance(there.notes[1], Phrase)
    assert there.notes[1].values["what"] == phrase("b")
    for torn in (b"", line(), line() + b"abcde"):
        with pytest.raises(EOFError):
            answer(io.BytesIO(torn), QUESTION)
    later = b'{"later": true}\n'
    assert isinstance(answer(io.BytesIO(later), QUESTION), NotItsTurn)
    with pytest.raises(Nonsense):
        answer(io.BytesIO(later), QUESTION._replace(large=True))


@pytest.mark.parametrize("said", [NONSENSE["words"], NONSENSE["huge"], b'{"later": true}\n', line() + b"abc", b""])
def test_a_process_that_answers_nonsense_is_one_sentence(said: bytes) -> None:
    program = f"""
import json, sys
out, given = sys.stdout.buffer, sys.stdin.buffer
out.write(b"ready\\n"); out.flush()
while line := given.readline():
    given.read(json.loads(line)[1])
    out.write({said!r}); out.flush()
    if not {said!r}.endswith(b"\\n"): break
"""
    decoders = Decoders(command=(sys.executable, "-c", program), wall_s=20)
    assert "“a.png” makes the program that decodes photos break off" in str(refused(decoders, PHOTO))
    decoders.stop()
