"""Does one of the first five words fit? A hundred photos of things of all kinds.

    python -m benchmarks.everyday classroom-*.zip

The photos are the validation part of Caltech-101 (CC BY 4.0), which the pair was not taught on, drawings left out:
folder by folder one photo, then a second one, until there are a hundred. Whoever judged looked at the names of the
folders, not at the answers: `FITS` holds the words a person would accept for what a folder shows, narrower or wider
ones and a near relative where there is no word of its own. Folders that no word fits are in the set, too, and count as
misses; only drawings, fossils and the portraits are out.
"""

from __future__ import annotations

import argparse

import torch

from zfnet_core.models import zoo
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.photos.graphics import is_graphic
from zfnet_core.photos.preprocessing import Preprocessing

WANTED, GOAL = 100, 60
NOT_EVERYDAY = [
    "brain",
    "brontosaurus",
    "dollar_bill",
    "faces",
    "garfield",
    "snoopy",
    "stegosaurus",
    "trilobite",
    "yin_yang",
]
SAILING = "schooner, yawl, catamaran, trimaran"
TURTLES = "loggerhead, leatherback turtle, mud turtle, terrapin, box turtle"
BUTTERFLIES = (
    "red admiral butterfly, ringlet butterfly, monarch butterfly, cabbage butterfly, sulphur butterfly, "
    "gossamer-winged butterfly"
)
FITS = {
    "accordion": "accordion",
    "airplanes": "airliner, warplane, wing",
    "anchor": "hook",
    "ant": "ant",
    "barrel": "barrel, rain barrel",
    "bass": "tench, coho salmon, sturgeon, barracouta (fish), gar, reel",
    "beaver": "beaver",
    "binocular": "binoculars",
    "bonsai": "flowerpot",
    "butterfly": BUTTERFLIES,
    "camera": "reflex camera, Polaroid camera, lens cap",
    "cannon": "cannon",
    "car_side": "sports car, convertible, estate car, minivan, limousine, taxi, jeep, pickup truck, car wheel",
    "ceiling_fan": "electric fan",
    "cellphone": "mobile phone, hand-held computer",
    "chair": "rocking chair, folding chair, barber chair, throne",
    "chandelier": "candle, table lamp, lampshade",
    "cougar_body": "cougar",
    "cougar_face": "cougar",
    "crab": "Dungeness crab, rock crab, fiddler crab, king crab, hermit crab",
    "crayfish": "crayfish, American lobster, spiny lobster",
    "crocodile": "African crocodile, American alligator",
    "crocodile_head": "African crocodile, American alligator",
    "cup": "cup, coffee mug, beer glass, measuring cup, pitcher (jug)",
    "dalmatian": "dalmatian",
    "dolphin": "killer whale, grey whale, dugong",
    "dragonfly": "dragonfly, damselfly, lacewing",
    "electric_guitar": "electric guitar, acoustic guitar",
    "elephant": "African elephant, Indian elephant, tusker",
    "emu": "ostrich",
    "euphonium": "French horn, cornet, trombone",
    "ewer": "pitcher (jug), water jug, teapot, vase, coffeepot, whiskey jug",
    "ferry": "ocean liner, fireboat, container ship, lifeboat, speedboat",
    "flamingo": "flamingo",
    "flamingo_head": "flamingo",
    "gerenuk": "gazelle, impala",
    "grand_piano": "grand piano, upright piano",
    "hawksbill": TURTLES,
    "hedgehog": "porcupine, echidna",
    "helicopter": "warplane",
    "ibis": "white stork, black stork, spoonbill, American egret, little blue heron, crane (bird), limpkin",
    "inline_skate": "running shoe",
    "kangaroo": "wallaby",
    "ketch": SAILING,
    "lamp": "table lamp, lampshade",
    "laptop": "laptop, notebook computer",
    "leopards": "leopard, jaguar, snow leopard, cheetah",
    "llama": "llama",
    "lobster": "American lobster, spiny lobster, crayfish",
    "mandolin": "acoustic guitar, banjo, violin",
    "mayfly": "lacewing, dragonfly, damselfly",
    "menorah": "candle",
    "minaret": "mosque, dome, palace",
    "motorbikes": "moped, motor scooter, crash helmet, disk brake",
    "nautilus": "chambered nautilus, conch",
    "pagoda": "palace, monastery, stupa, bell cote, tile roof",
    "panda": "giant panda",
    "pizza": "pizza",
    "platypus": "platypus",
    "revolver": "revolver, rifle, assault rifle, holster",
    "rooster": "rooster, hen",
    "saxophone": "saxophone",
    "schooner": SAILING,
    "scorpion": "scorpion",
    "soccer_ball": "soccer ball",
    "starfish": "starfish",
    "stop_sign": "street sign",
    "strawberry": "strawberry",
    "sunflower": "daisy",
    "tick": "tick",
    "umbrella": "umbrella",
    "watch": "digital watch, analog clock, stopwatch, wall clock",
    "wild_cat": "lynx, tabby, tiger cat, Egyptian cat",
    "windsor_chair": "rocking chair, folding chair, throne",
    "wrench": "screwdriver, hammer",
}


def chosen(corpus: Corpus, preprocessing: Preprocessing) -> list[int]:
    """A hundred photos, folder by folder in turn; drawings are left out."""
    folders: dict[str, list[int]] = {}
    for index, (id, label) in enumerate(zip(corpus.ids, corpus.labels, strict=True)):
        if id.rsplit("/", 1)[-1].startswith("image_") and label not in NOT_EVERYDAY:
            folders.setdefault(label, []).append(index)
    kept: list[int] = []
    while len(kept) < WANTED:
        for indices in folders.values():
            while indices and is_graphic(corpus.shown(indices[0], preprocessing)):
                indices.pop(0)
            if indices and len(kept) < WANTED:
                kept.append(indices.pop(0))
    return kept


def main() -> None:
    """Ask both networks and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", help="classroom-*.zip")
    parser.add_argument("--all", action="store_true", help="print every photo's answers")
    given = parser.parse_args()
    words = {folder: set(accepted.split(", ")) for folder, accepted in FITS.items()}
    unknown = set().union(*words.values()) - set(imagenet_labels())
    assert not unknown, f"no words of the networks: {unknown}"
    corpus = open_corpus(given.photos, under="val")
    for name in ("zfnet-classroom", "alexnet-classroom"):
        network = zoo.load(name)
        photos = chosen(corpus, network.preprocessing)
        fitting = 0
        for index in photos:
            picture = torch.as_tensor(corpus.prepare(index, network.preprocessing))[None]
            best = [network.labels[place] for place in network.probabilities(picture)[0].topk(5).indices.tolist()]
            fits = bool(words.get(corpus.labels[index], set()) & set(best))
            fitting += fits
            if given.all:
                print("fits  " if fits else "misses", corpus.ids[index], best)
        wordless = sum(corpus.labels[index] not in words for index in photos)
        print(
            f"{network.title}: a fitting word among the first five of {fitting} of {len(photos)} photos (goal {GOAL}); "
            f"{wordless} show something that no word fits."
        )


if __name__ == "__main__":
    main()
