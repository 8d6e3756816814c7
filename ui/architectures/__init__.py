"""Every architecture of the story at true relative sizes, from LeNet-5 to ResNet, to be compared and played with."""

from ui.architectures.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="architectures",
    title=later("Architectures"),
    icon=":material/account_tree:",
    section=later("The paper"),
    figure="Fig. 3",
    fields=(Chosen, Fields),
    lead=later("How LeNet, AlexNet, ZFNet, VGG, GoogLeNet and ResNet are built, and why: play with their sizes."),
    minutes=10,
    asks=True,
)
