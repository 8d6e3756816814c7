"""What is often said about these networks: as a quiz whose answers come after the guess, or to read."""

from ui.misconceptions.choices import asked, choose, play, read
from ui.shell import frame
from zfnet_core.language import t

frame.heading(
    t("True or not?"),
    t("Decide for each sentence whether it is true; then see why, and look at it in the app."),
    t("many of these sentences stand in articles; the paper, the code or a count says otherwise."),
)
with frame.guarded():
    choose()
    question = asked()
    if question.quiz:
        play(question)
    else:
        read()
frame.limits(
    t("This tells what the papers and the code say, with the place where you can check it."),
    t("It does not say that a source which is wrong in one sentence is wrong in the others."),
)
