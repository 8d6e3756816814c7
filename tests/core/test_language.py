"""What is said to people: every catalogue reads, and a message with values keeps them in every language."""

from __future__ import annotations

import ast
import io
import pickle
import re
import threading
import time
from collections.abc import Iterable

import pytest
import torch
from babel.messages.pofile import read_po

from ui.lessons.lesson import LessonError, read_lesson
from ui.shell.apology import sentence
from zfnet_core import texts
from zfnet_core.assets import ASSETS, HOME
from zfnet_core.errors import CheckpointError, ExplorerError
from zfnet_core.exhibits.occlusion import OcclusionSettings
from zfnet_core.language import LANGUAGES, Phrase, later, phrase, speak, spoken, t, tn
from zfnet_core.models.checkpoints import read_weights
from zfnet_core.serving.tasks import Tasks


@pytest.fixture(autouse=True)
def english_again():
    yield
    speak("")


def test_english_is_the_message_itself() -> None:
    assert t("{n} of six", n=4) == "4 of six"
    assert t("100 {not a field}") == "100 {not a field}"
    assert t("") == ""
    assert (tn("{n} photo", "{n} photos", 1), tn("{n} photo", "{n} photos", 2)) == ("1 photo", "2 photos")
    assert later("conv1") == "conv1"


def test_an_unknown_language_is_english() -> None:
    speak("tlh")
    assert spoken() == "en"


def test_each_thread_speaks_its_own_language() -> None:
    speak("zh")
    heard = []
    thread = threading.Thread(target=lambda: heard.append(spoken()))
    thread.start()
    thread.join()
    assert (spoken(), heard) == ("zh", ["en"])


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_translations_keep_the_values(language: str) -> None:
    with (ASSETS / "languages" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    names = lambda text: set(re.findall(r"{(\w+)", text))  # noqa: E731
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert not message.id or not string or names(string) <= names(ids[-1]), (ids, string)


def test_a_phrase_is_english_until_somebody_reads_it() -> None:
    inner = phrase("random")
    said = phrase("“{name}” is {what}; {n:.1f}", name="a{b}", what=inner, n=2)
    assert said == "“a{b}” is random; 2.0" and t(said) == said and t(phrase("100 {not a field}")) == "100 {not a field}"
    again = pickle.loads(pickle.dumps(said))
    assert again == said and again.values["what"].message == "random"
    speak("zh")
    assert t(phrase("{what}!", what=inner)) == f"{t('random')}!" != "random!"
    assert t(phrase("Map {n}", n=3)) == t("Map {n}", n=3) != "Map 3"


def test_an_error_of_another_thread_is_read_in_the_readers_language() -> None:
    found: list[Exception] = []

    def work() -> None:
        try:
            OcclusionSettings(stride_px=0).starts(224)
        except ExplorerError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    (error,) = found
    speak("zh")
    assert str(error).startswith("A step of 0 px") and sentence(error) != str(error) and "0" in sentence(error)


def test_a_failed_task_is_read_in_the_readers_language() -> None:
    def broken():
        raise ExplorerError(phrase("Map {n}", n=3))
        yield

    task = Tasks(1)
    while (look := task.look("a", "x:y", "key", broken)).live:
        time.sleep(0.01)
    speak("zh")
    with pytest.raises(ExplorerError) as caught:
        look.raise_failure()
    assert sentence(caught.value) == t("Map {n}", n=3) != "Map 3"


def test_what_is_said_of_somebodys_weights_carries_its_values() -> None:
    with pytest.raises(CheckpointError) as caught:
        read_weights(b"nothing", "a.pth")
    said = caught.value.args[0]
    assert isinstance(said, Phrase) and said.values == {"name": "a.pth"}
    assert str(caught.value).startswith("“a.pth” is damaged or is no checkpoint; choose a ")


def test_a_reason_inside_an_errors_sentence_is_translated_with_it() -> None:
    lesson = "# A\nminutes: 5\nabout: b\naims: c\n## D\npage: occlusion\ndo: e\ndone: wrong\nnotice: f\n"
    with pytest.raises(LessonError, match=r"^Line 8: “wrong” is no condition like") as of_lesson:
        read_lesson(lesson, "a", "en")
    saved = io.BytesIO()
    torch.save({"w": torch.zeros(1)}, saved, _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match="it breaks off") as of_weights:
        read_weights(saved.getvalue()[:60], "a.pth")
    speak("zh")
    for caught in (of_lesson, of_weights):
        assert not re.search("is no condition|breaks off", sentence(caught.value))


def test_messages_are_found_wherever_they_stand() -> None:
    source = """
LABEL = later("a label")
def show(n, yes):
    raise Wrong(phrase("no {thing}", thing=n))
    print(f"<b>{t('inside')}</b>", t("either" if yes else "or"), tn("{n} map", "{n} maps", n), t(LABEL))
"""
    assert set(texts.messages(source)) == {"a label", "no {thing}", "either", "inside", "or", ("{n} map", "{n} maps")}


UNIT = r"(%|[kMGT]?B|px|ms|min|s)"


def test_a_number_and_its_unit_stand_apart() -> None:
    """ "6.4 %" and "10 MB", as the International System of Units writes them; never "6.4%" and "10MB"."""
    tight = re.compile(rf"[0-9}}]{UNIT}(?![\w=])")
    assert [bool(tight.search(text)) for text in ("{n}%", "10MB", "6.4 %", "{n} MB", "7×7px", "{n}s.")] == [
        True, True, False, False, True, True,
    ]  # fmt: skip
    said = [text for found in texts.all_messages() for text in ((found,) if isinstance(found, str) else found)]
    assert len(said) > 1000 and [text for text in said if tight.search(text)] == []
    # Elsewhere numbers are put together with units by hand: never without a space.
    files = [file for floor in ("zfnet_core", "ui", "pages") for file in (HOME / floor).rglob("*.py")]
    by_hand = re.compile(r"\.\d[f%]\}(%(?![;\"'<])|[kMGT]B)")
    assert [file for file in files if by_hand.search(file.read_text(encoding="utf-8"))] == []


def test_messages_are_constant_texts() -> None:
    """Whatever is translated must be findable: no f-string and no sum goes through `t`."""
    files = [file for floor in ("zfnet_core", "ui", "pages") for file in (HOME / floor).rglob("*.py")]
    wrong = [
        f"{file}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("t", "tn", "later", "phrase")
        if node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert wrong == []


def unspoken(source: str, errors: set[str]) -> list[int]:
    """Lines where one of `errors` is made of a plain text, which stays English, and not of a phrase."""

    def is_plain(node: ast.expr) -> bool:
        match node:
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
                return is_plain(one) or is_plain(other)
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                return is_plain(text)
        return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))

    def is_sentence(node: ast.expr) -> bool:
        return is_plain(node) and " " in ast.unparse(node)

    nodes = list(ast.walk(ast.parse(source)))
    makers = {  # functions that make such an error: their own texts are words of it, their names of fields are not
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id in errors
    }
    return [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if (node.func.id in errors and node.args and is_plain(node.args[0]))
        or (node.func.id in makers and any(map(is_sentence, node.args)))
    ]


def shown_errors(sources: Iterable[str]) -> set[str]:
    """The names of all errors whose words reach a person: ExplorerError's kinds, and what a damaged file is said to
    be in one of their sentences."""
    found, classes = {"ExplorerError", "UnreadablePickle"}, dict[str, set[str]]()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                classes[node.name] = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    while more := {name for name, bases in classes.items() if bases & found} - found:
        found |= more
    return found


def test_what_an_error_says_is_a_phrase() -> None:
    """A plain text would be shown in English on a Chinese page: `raise ImageError(phrase("…", name=name))`."""
    files = [file for floor in ("zfnet_core", "ui", "pages") for file in (HOME / floor).rglob("*.py")]
    sources = {str(file.relative_to(HOME)): file.read_text(encoding="utf-8") for file in files}
    errors = shown_errors(sources.values())
    assert {"ImageError", "LessonError", "TooFewPhotos"} <= errors and "ValueError" not in errors
    found = {file: unspoken(source, errors) for file, source in sources.items()}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_plain_texts_of_errors_are_seen() -> None:
    source = """
raise ImageError("plain")
raise ImageError(f"{n} photos")
raise ImageError("{n} photos".format(n=n))
kept = ImageError("one" if n == 1 else phrase("many"))
raise ImageError(phrase("{n} photos", n=n))
raise ImageError(sentence(n))
raise ValueError("plain")
def wrong(part: str, what: str) -> ImageError:
    return ImageError(phrase("{part} is {what}", part=part, what=what))
raise wrong("labels", "a list of names")
raise wrong("labels", phrase("a list of names"))
"""
    assert sorted(unspoken(source, {"ImageError"})) == [2, 3, 4, 5, 11]
    assert shown_errors(["class A(ExplorerError): ...", "class B(a.A): ...", "class C(Exception): ..."]) == {
        "ExplorerError", "UnreadablePickle", "A", "B",
    }  # fmt: skip


def test_chinese_has_every_message() -> None:
    """English would stand in for it on the page; `python -m zfnet_core.texts --missing zh` lists what is missing."""
    assert texts.missing("zh", texts.all_messages()) == []


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_other_languages_have_what_one_finds_ones_way_by(language: str) -> None:
    files = [*(HOME / "ui").glob("*/__init__.py"), HOME / "ui" / "shell" / "glossary.py"]
    files += [HOME / "ui" / "shell" / "controls.py", HOME / "ui" / "shell" / "frame.py"]
    found = [message for file in files for message in texts.messages(file.read_text(encoding="utf-8"))]
    assert len(found) > 100
    assert texts.missing(language, found) == []


def test_numbers_decide_between_one_and_many_in_every_language() -> None:
    for language in LANGUAGES:
        speak(language)
        one, many = (tn("{n} vote", "{n} votes", n) for n in (1, 7))
        assert one.startswith("1") and many.startswith("7")
        if language == "en":
            english = many
        else:
            assert many != english
