"""A class: a code, a chart of its guesses, pages that follow the teacher's, and what is visible."""

from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="classroom",
    title=later("Your class"),
    icon=":material/groups:",
    section=later("In class"),
    figure="",
    fields=(Chosen,),
    lead=later("Begin a class, see what it guesses, and lead its pages; no accounts, no names."),
)
