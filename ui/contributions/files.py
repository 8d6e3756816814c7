"""The files that the page offers to save: the sum as a figure, its terms and products, and a script that adds again."""

from __future__ import annotations

from ui.contributions.names import place_label, signed, step_name, term_label
from ui.contributions.pictures import field_box, map_pixels
from ui.contributions.question import Question
from ui.contributions.scene import result_label, split
from ui.shell.saving import File, figure_files
from zfnet_core.drawing.captioned import Panel
from zfnet_core.drawing.map_pictures import field_picture
from zfnet_core.drawing.page import WhitePage
from zfnet_core.exhibits import contributions
from zfnet_core.exhibits.contributions import Explained, Line, Number
from zfnet_core.language import t, tn
from zfnet_core.models.steps import INPUT
from zfnet_core.photos import samples


def files(question: Question, level: Explained) -> list[File]:
    """(label, file name, function that makes its bytes) of each file."""
    number, end = level.number, level.end
    name = f"{question.network.name}-{end.step}-{end.map}-{end.row}-{end.column}"
    script = (t("Script that repeats it (Python)"), f"{name}.py", lambda: _script(question).encode())
    if number is None:
        return [script]
    return [
        *figure_files(t("The figure"), name, lambda: figure(question, number)),
        (t("All terms (CSV)"), f"{name}-terms.csv", lambda: contributions.terms_csv(number).encode()),
        (t("All products (CSV)"), f"{name}-products.csv", lambda: contributions.products_csv(number).encode()),
        script,
    ]


def figure(question: Question, number: Number) -> WhitePage:
    """Where the number lies, and its sum line by line, as on the page."""
    place, network = number.place, question.network
    box = field_box(question, place)
    size = t("{rows} × {columns} pixels", rows=box[2] - box[0], columns=box[3] - box[1])
    panels = [Panel(field_picture(question.photo, box), t("It sees"), size)]
    if len(network.step(place.step).shape) == 3:
        where = t("row {row}, column {column}", row=place.row, column=place.column)
        panels.append(Panel(map_pixels(question, place.step, place.map), t("This map"), where))
    part = number.parts[number.ranked()[0].part]
    if part.size > 1 and part.reads != INPUT:
        first = number.ranked()[0].map
        label = t("map {map} of {step}", map=first, step=step_name(network, part.reads))
        panels.append(Panel(map_pixels(question, part.reads, first), t("The strongest term"), label))
    heading = f"{network.title} · {place_label(network, place)} = {signed(number.value)}"
    return contributions.figure(heading, panels, lines(question, number))


def lines(question: Question, number: Number) -> list[Line]:
    """Every line of the sum that stands on the page."""
    listed, rest = split(number, question.shown)
    several = len(number.parts) > 1
    found = [
        Line(term_label(question.network, number.parts[one.part], one.map, several), one.value, one.share)
        for one in listed
    ]
    if rest:
        label = tn("the other map", "the other {n} maps together", len(rest))
        found.append(Line(label, sum(one.value for one in rest), sum(one.share for one in rest)))
    found.append(Line(t("bias"), number.bias, abs(number.bias) / (number.size or 1)))
    return [*found, Line(t("sum"), number.sum, None), Line(result_label(number), number.value, None)]


def _script(question: Question) -> str:
    name = question.current.photo_name
    sample = name if name in samples.names() else None
    return contributions.script(question.network, sample, question.current.crop, question.place)
