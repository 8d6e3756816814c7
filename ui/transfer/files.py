"""What can be saved from the page, and a classifier as a network of this visit."""

from __future__ import annotations

import numpy as np

from ui.shell import current, deeds, going, own_classes, own_networks, state
from ui.shell.apology import apologetic
from ui.shell.chosen import Chosen
from ui.shell.saving import File, figure_files
from ui.shell.session import session
from ui.transfer.found import Taught
from ui.transfer.question import Question
from ui.transfer.scene import paper_curve
from zfnet_core.exhibits import transfer
from zfnet_core.exhibits.transfer import Curve, LayerTable, Made, Training
from zfnet_core.language import t


def classifier_files(question: Question, found: Taught) -> list[File]:
    """What the classifier said of each photo, and how to repeat it."""
    photos = [photo.name for photo in question.collection.photos]
    return [
        (
            t("Every photo, and what it was taken for (CSV)"),
            "transfer-photos.csv",
            lambda: transfer.classes_csv(photos, question.names, found.validation).encode(),
        ),
        (
            t("A script that repeats it"),
            "transfer.py",
            lambda: transfer.script(question.network, question.layer, question.training).encode(),
        ),
    ]


def curve_files(question: Question, curve: Curve) -> list[File]:
    """Fig. 9 as figure and numbers."""
    title = t("How few are enough: {network}, {layer}", network=question.network.title, layer=question.layer)
    return [
        *figure_files("Fig. 9", "transfer-few", lambda: transfer.figure(curve, title, paper_curve())),
        (t("Fig. 9, every random choice (CSV)"), "transfer-few.csv", lambda: transfer.curve_csv(curve).encode()),
    ]


def layer_files(table: LayerTable) -> list[File]:
    """Table 7 as numbers."""
    return [(t("Table 7 for your classes (CSV)"), "transfer-layers.csv", lambda: transfer.layers_csv(table).encode())]


@apologetic
def make_network(question: Question) -> None:
    """The classes as a network of this visit, chosen from then on."""
    _made(question)


@apologetic
def class_page(question: Question, class_index: int) -> None:
    """Go to the page of one class, of the network that the classes are; it is made if it is not there yet."""
    network = _made(question)
    asked = {"network": network, "switched_off_view": "class", "switched_off_class": str(class_index)}
    going.go("switched-off", asked)


def _made(question: Question) -> str:
    """The name of the network that is made of these classes: a softmax on the last layer's features."""
    album, base, layer = question.album, question.network, transfer.last_layer(question.network)
    missing = album.missing(base, layer)
    for _ in album.work(base, layer, [layer]) if missing else ():
        pass
    features, labels = album.features(base, layer), question.collection.labels
    classifier = current.scheduler().run(transfer.fit, features, labels, Training("softmax"))
    validation = transfer.validate(features, labels, Training("softmax"))
    counts = tuple(int(count) for count in np.bincount(labels))
    made = Made(base.name, base.fingerprint, layer, "softmax", counts, validation.accuracy)
    network = transfer.own_network(base, classifier, question.names, made)
    own_networks.keep(session(), network, transfer.new_bytes(network))
    album.made = {network.name: (base, made)}
    photos = [one.photos for one in question.collection.taught]
    own_classes.keep(session(), network.name, base, (validation.truth, validation.answers), photos)
    state.change(Chosen, network=network.name)
    deeds.note("network_made")
    return network.name


def network_file(question: Question) -> File | None:
    """The network that was made of these classes, if it is the one that is chosen now."""
    chosen = current.network()
    if chosen.name not in question.album.made:
        return None
    made = question.album.made[chosen.name][1]
    return t("Save it (.safetensors)"), "my-classes.safetensors", lambda: transfer.saved(chosen, made)
