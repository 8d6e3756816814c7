"""Words that explain themselves: marked once, escaped, and only where they stand by themselves."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ui.shell.glossary import GLOSSARY, explained, mentioned


class Read(HTMLParser):
    """The marked words of a piece of HTML, the ids of their explanations, and everything else that is text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meanings: list[str] = []
        self.described: list[str] = []
        self.ids: dict[str, str] = {}
        self.tags: list[str] = []
        self.hidden, self.shown = "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attributes)
        self.hidden = str(found.get("id")) if "hidden" in found else ""
        if "data-meaning" in found:
            self.meanings.append(str(found["data-meaning"]))
            self.described.append(str(found["aria-describedby"]))
            assert found["tabindex"] == "0"

    def handle_endtag(self, tag: str) -> None:
        self.hidden = ""

    def handle_data(self, data: str) -> None:
        if self.hidden:
            self.ids[self.hidden] = data
        else:
            self.shown += data


def test_the_first_mention_explains_itself_and_the_text_stays() -> None:
    text = "Click a feature map, then one unit of that Feature Map: its receptive field is small."
    read = Read(explained(text))
    assert read.shown == text and len(read.meanings) == 3
    assert [read.ids[name] for name in read.described] == read.meanings
    assert mentioned(text) == {"feature maps|feature map", "units|unit", "receptive fields|receptive field"}


def test_nothing_in_a_text_becomes_markup() -> None:
    text = "a <img src=x onerror=\"alert(1)\"> unit & 'more'"
    read = Read(explained(text))
    assert set(read.tags) == {"span"} and read.shown == text


def test_parts_of_longer_words_are_left_alone() -> None:
    assert mentioned("The community unites; player and reunited, aweights") == set()


@pytest.mark.parametrize("key", GLOSSARY)
def test_every_entry_finds_its_own_words_and_says_something(key: str) -> None:
    for word in key.split("|"):
        assert mentioned(f"so the {word}, then") == {key}
    assert GLOSSARY[key].endswith(".") and 20 < len(GLOSSARY[key]) < 160
    assert not re.search(r"[<>{}]", GLOSSARY[key])


def test_known_words_are_not_explained_a_second_time() -> None:
    assert Read(explained("a unit", mentioned("one unit"))).meanings == []
