"""A photo's way through a network in three pictures: what it sees, what some maps found, which pixels one unit used."""

from zfnet_core.exhibits.start.three_pictures import Settings, ThreePictures, compute, of_trace

__all__ = ["Settings", "ThreePictures", "compute", "of_trace"]
