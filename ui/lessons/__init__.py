"""Lessons: a teacher opens one and teaches; a learner is asked, does, and sees."""

from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="lessons",
    title=later("Lessons"),
    icon=":material/school:",
    section=later("In class"),
    figure="",
    fields=(Chosen,),
    lead=later("Lessons that walk you through the pages, step by step, with questions to answer before you look."),
    minutes=30,
)
