"""Fig. 4: how the features of every layer grow while a network is trained."""

from zfnet_core.exhibits.evolution.export import curve_csv, units_csv
from zfnet_core.exhibits.evolution.figure import figure
from zfnet_core.exhibits.evolution.film import Evolution, LayerEvolution, Settings, compute, load, save

__all__ = ["Evolution", "LayerEvolution", "Settings", "compute", "curve_csv", "figure", "load", "save", "units_csv"]
