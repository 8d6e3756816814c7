"""The files that the page offers to save: its figures, every number, the curves, and a script that measures again."""

from __future__ import annotations

from ui.shell.saving import File, figure_files
from ui.trust import words
from ui.trust.question import Question
from zfnet_core.drawing.captioned import Panel
from zfnet_core.drawing.page import WhitePage
from zfnet_core.exhibits import trust
from zfnet_core.exhibits.trust import Evidence, Picture, Trust
from zfnet_core.language import t
from zfnet_core.photos import samples


def files(question: Question, found: Trust, evidence: Evidence | None) -> list[File]:
    """(label, file name, function that makes its bytes) of each file."""
    unit = found.unit
    name = f"{question.network.name}-{question.settings.layer}-{unit.map}-{unit.row}-{unit.column}-trust"
    sample = question.current.photo_name if question.current.photo_name in samples.names() else None
    script = trust.script(question.network, sample, question.current.crop, question.settings)
    saved: list[File] = [
        *figure_files(t("The figure"), name, lambda: figure(question, found)),
        (t("All figures (CSV)"), f"{name}.csv", lambda: trust.csv(found).encode()),
        (t("Script that repeats it (Python)"), f"{name}.py", script.encode),
    ]
    if evidence is not None and evidence.curves:
        about = f"{question.network.name}-class-{evidence.class_index}-evidence"
        drawn = figure_files(t("Evidence for the class"), about, lambda: evidence_figure(question, evidence))
        saved[-1:-1] = [*drawn, (t("Curves (CSV)"), f"{about}.csv", lambda: trust.evidence_csv(evidence).encode())]
    return saved


def figure(question: Question, found: Trust) -> WhitePage:
    """The judged picture, what survives, the other maps, and every check."""

    def panel(one: Picture, title: str) -> Panel:
        return Panel(trust.projection_picture(one.pixels, found.box, question.scaling), title, words.figures(one))

    judged = Panel(
        trust.projection_picture(found.pixels, found.box, question.scaling),
        t(words.RULES[found.settings.rule]),
        t("activation {value}", value=f"{found.activation:.3f}"),
    )
    survivors = [panel(one, t("{layer} and above lost", layer=one.name)) for one in found.survivors]
    others = [panel(one, t("map {map}", map=one.name)) for one in found.others]
    rows = [
        (t("What survives when the weights are lost, from the top down"), [judged, *survivors]),
        (t("The same place, other maps"), others),
    ]
    unit, layer = found.unit, found.settings.layer
    place = t("{layer}, map {map} ({row}, {column})", layer=layer, map=unit.map, row=unit.row, column=unit.column)
    checks = [" · ".join(words.check_line(check)) for check in found.checks]
    sentences = [words.verdict(found), *checks, words.collisions(found)]
    sentences += [words.survival(found.survivors), words.selectivity(found.others)]
    return trust.panel_figure(f"{question.network.title} · {place}", rows, sentences)


def evidence_figure(question: Question, found: Evidence) -> WhitePage:
    """The photo, the maps of evidence, and the curves that rank them."""
    maps = [Panel(question.photo, t("Photo"))]
    maps += [
        Panel(trust.heat_picture(found.maps[name]), t(title), t(source))
        for name, (title, source) in words.METHODS.items()
        if name in found.maps and name != "random"
    ]
    label, share = question.network.names[found.class_index], f"{100 * found.probability:.1f} %"
    names = {name: t(title) for name, (title, _) in words.METHODS.items()}
    note = t("Where is the evidence for {label} ({share})?", label=label, share=share)
    return trust.evidence_figure(f"{question.network.title} · {note}", maps, found.curves, names, words.areas_note())
