"""New classes from a few photos (§5, Tables 4–7, Fig. 9): features of a layer, a classifier on top, how good it is."""

from zfnet_core.exhibits.transfer.classifier import KINDS, Classifier, Training, fit
from zfnet_core.exhibits.transfer.collection import Collection, CollectionError, PhotoClass
from zfnet_core.exhibits.transfer.export import classes_csv, curve_csv, figure, layers_csv, script
from zfnet_core.exhibits.transfer.features import at_once, feature_layers, features_of, last_layer
from zfnet_core.exhibits.transfer.few_photos import Curve, CurveSettings, LayerTable, by_layer, curve, possible_counts
from zfnet_core.exhibits.transfer.from_scratch import Scratch, ScratchSettings, from_scratch, small
from zfnet_core.exhibits.transfer.neighbours import Nearest, nearest, reach
from zfnet_core.exhibits.transfer.own_network import Made, new_bytes, own_network, saved
from zfnet_core.exhibits.transfer.photo_map import PhotoMap, photo_map
from zfnet_core.exhibits.transfer.sample_sets import SETS, SampleSet, sample_set
from zfnet_core.exhibits.transfer.validation import Validation, validate

__all__ = [
    "KINDS",
    "SETS",
    "Classifier",
    "Collection",
    "CollectionError",
    "Curve",
    "CurveSettings",
    "LayerTable",
    "Made",
    "Nearest",
    "PhotoClass",
    "PhotoMap",
    "SampleSet",
    "Scratch",
    "ScratchSettings",
    "Training",
    "Validation",
    "at_once",
    "by_layer",
    "classes_csv",
    "curve",
    "curve_csv",
    "feature_layers",
    "features_of",
    "figure",
    "fit",
    "from_scratch",
    "last_layer",
    "layers_csv",
    "nearest",
    "new_bytes",
    "own_network",
    "photo_map",
    "possible_counts",
    "reach",
    "sample_set",
    "saved",
    "script",
    "small",
    "validate",
]
