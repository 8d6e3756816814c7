"""A lesson on paper: one sheet for pupils and one for the teacher, as HTML and PDF, from the same text."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import matplotlib
import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ui.lessons.lesson import Lesson, Step
from zfnet_core.drawing.fonts import BUNDLED
from zfnet_core.language import later, speak, t

BOLD = re.compile(r"\*\*([^*]+)\*\*")
OTHER_LETTERS = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]+)")
QR_MM, LINE_MM = 22, 7
LINES = 3
SIZES = ((10, 14, LINES), (10, 13, 2), (9.5, 12.5, 1), (9, 11.5, 1), (8.5, 10.5, 1))
"""Size and leading of the type in points, and lines to write on after each step: the first with which the pupils' sheet
is one page."""
TIME, MINUTES, SEEN = later("Time"), later("{n} minutes"), later("What did you see?")
AIMS, PREPARE, MIND = later("Aims"), later("Prepare"), later("Mind")
CSS = """
body { font: 11pt/1.4 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: #111;
  max-width: 180mm; margin: 12mm auto; padding: 0 6mm; }
h1 { font-size: 17pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 0 0 1mm; }
section { display: grid; grid-template-columns: 1fr 24mm; gap: 4mm; break-inside: avoid; border-top: 1px solid #999;
  padding: 3mm 0; }
section svg { width: 24mm; height: 24mm; } ul { list-style: none; padding: 0; margin: 1mm 0; }
.line { border-bottom: 1px solid #777; height: 7mm; } .teacher { background: #eef6f5; padding: 1mm 2mm; }
@page { size: A4; margin: 12mm; }
"""


def files(lesson: Lesson, seen: str) -> list[tuple[str, str, Callable[[], bytes]]]:
    """(label, file name, function that makes its bytes); `seen` is the dashboard's address in the browser."""
    base = seen.split("?")[0].rsplit("/", 1)[0] + "/"
    found: list[tuple[str, str, Callable[[], bytes]]] = []
    for teacher, label, kind in ((False, t("Worksheet"), "worksheet"), (True, t("Teacher’s sheet"), "teacher")):
        stem = f"{lesson.name}-{kind}-{lesson.language}"
        found.append((f"{label} (PDF)", f"{stem}.pdf", partial(pdf, lesson, base, teacher)))
        found.append((f"{label} (HTML)", f"{stem}.html", partial(_encoded, lesson, base, teacher)))
    return found


def address(lesson: Lesson, number: int, base: str) -> str:
    """The link that opens a step, in the lesson's language."""
    step = lesson.steps[number - 1]
    settings = {"lesson": lesson.name, "step": str(number), "lang": lesson.language}
    return f"{base}{step.page}?{urlencode(settings)}"


def page(lesson: Lesson, base: str, teacher: bool) -> str:
    """The sheet as one HTML page without anything from elsewhere."""
    say = _speaker(lesson)
    parts = [
        f'<!doctype html><html lang="{lesson.language}"><meta charset="utf-8"><title>{_e(lesson.title)}</title>',
        f"<style>{CSS}</style><h1>{_e(lesson.title)}</h1><p>{_e(lesson.about)}</p>",
    ]
    parts += [f"<p><b>{_e(name)}</b> {_e(text)}</p>" for name, text in _head(lesson, say, teacher)]
    for number, step in enumerate(lesson.steps, 1):
        code = io.BytesIO()
        segno.make(address(lesson, number, base), micro=False).save(code, kind="svg", xmldecl=False, border=2)
        body = [f"<h2>{number}. {_e(step.title)}</h2>"]
        if step.question:
            options = "".join(f"<li>{mark} {_e(text)}</li>" for mark, text in _options(step, teacher))
            body.append(f"<p><b>{_e(step.question)}</b></p><ul>{options}</ul>")
        body.append(f"<p>{_e(step.task)}</p>")
        if teacher:
            body.append(f'<p class="teacher">{_e(step.notice)} {_e(step.expect)}</p>')
        else:
            body.append(f"<p>{_e(say(SEEN))}</p>" + '<div class="line"></div>' * LINES)
        parts.append(f"<section><div>{''.join(body)}</div><div>{code.getvalue().decode()}</div></section>")
    return "".join(parts) + "</html>"


def pdf(lesson: Lesson, base: str, teacher: bool) -> bytes:
    """The sheet as PDF, A4, with its fonts inside; that of the pupils is one page as long as it can be read."""
    _fonts()
    for size, leading, lines in SIZES[: 1 if teacher else None]:
        stream = io.BytesIO()
        sheet = SimpleDocTemplate(
            stream, pagesize=A4, leftMargin=17 * mm, rightMargin=17 * mm, topMargin=12 * mm, bottomMargin=12 * mm,
            title=lesson.title, author="ZFNet Explorer", lang=lesson.language,
        )  # fmt: skip
        sheet.build(_story(lesson, base, teacher, size, leading, lines))
        if sheet.page == 1:
            break
    return stream.getvalue()


def _story(lesson: Lesson, base: str, teacher: bool, size: float, leading: float, lines: int) -> list[Any]:
    """What stands on the sheet, from top to bottom."""
    say = _speaker(lesson)
    text = ParagraphStyle(
        "text", fontName="Usual", fontSize=size, leading=leading, wordWrap="CJK" if lesson.language == "zh" else None
    )
    title = ParagraphStyle("title", parent=text, fontSize=16, leading=21, spaceAfter=4)
    heading = ParagraphStyle("heading", parent=text, fontSize=size + 2, leading=leading + 2)
    story: list[Any] = [
        Paragraph(_lettered(lesson.title), title),
        Paragraph(_lettered(lesson.about), text),
        Spacer(1, 2 * mm),
    ]
    story += [Paragraph(f"{_lettered(name)}: {_lettered(words)}", text) for name, words in _head(lesson, say, teacher)]
    for number, step in enumerate(lesson.steps, 1):
        body: list[Any] = [Paragraph(f"{number}. {_lettered(step.title)}", heading)]
        if step.question:
            body.append(Paragraph(_lettered(step.question), text))
            options = [f"{mark} {_lettered(words)}" for mark, words in _options(step, teacher)]
            options = options if lines > 1 else ["\u00a0\u00a0\u00a0 ".join(options)]  # where room is scarce in one row
            body += [Paragraph(option, text) for option in options]
        body.append(Paragraph(_lettered(step.task), text))
        if teacher:
            body.append(Paragraph(f"→ {_lettered(step.notice)} {_lettered(step.expect)}", text))
        else:
            body += [Paragraph(_lettered(say(SEEN)), text), Spacer(1, lines * LINE_MM * mm)]
        code = Image(_qr(address(lesson, number, base)), QR_MM * mm, QR_MM * mm)
        table = Table([[body, code]], colWidths=[150 * mm, 26 * mm])
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LINEABOVE", (0, 0), (-1, 0), 0.5, "#999999"),
                    ("TOPPADDING", (0, 0), (-1, -1), 1),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ]
            )
        )
        story.append(KeepTogether([Spacer(1, 1 * mm), table]))
    return story


def _encoded(lesson: Lesson, base: str, teacher: bool) -> bytes:
    return page(lesson, base, teacher).encode()


def _head(lesson: Lesson, say: Callable[..., str], teacher: bool) -> list[tuple[str, str]]:
    rows = [(say(TIME), say(MINUTES, n=lesson.minutes))]
    if teacher:
        rows += [(say(AIMS), lesson.aims), (say(PREPARE), lesson.prepare), (say(MIND), lesson.caveats)]
    return [row for row in rows if row[1]]


def _options(step: Step, teacher: bool) -> list[tuple[str, str]]:
    return [("[x]" if teacher and index == step.right else "[ ]", text) for index, text in enumerate(step.options)]


def _speaker(lesson: Lesson) -> Callable[..., str]:
    """`t` in the lesson's own language, whatever is spoken around it."""

    def say(message: str, **values: object) -> str:
        speak(lesson.language)
        try:
            return t(message, **values)
        finally:
            speak("")

    return say


def _qr(text: str) -> io.BytesIO:
    stream = io.BytesIO()
    segno.make(text, micro=False).save(stream, kind="png", scale=6, border=2)
    stream.seek(0)
    return stream


@cache
def _fonts() -> None:
    usual = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont("Usual", str(usual)))
    pdfmetrics.registerFont(TTFont("Fallback", str(BUNDLED)))


def _e(text: str) -> str:
    """Text of a lesson as HTML: only **bold** of its Markdown is for paper."""
    return BOLD.sub(r"<b>\1</b>", html.escape(text))


def _lettered(text: str) -> str:
    """Text of a lesson for a paragraph: each run of letters in the font that has them."""
    runs = OTHER_LETTERS.split(html.escape(BOLD.sub(r"\1", text)))
    return "".join(f'<font name="Fallback">{run}</font>' if index % 2 else run for index, run in enumerate(runs))
