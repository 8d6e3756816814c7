"""The strongest units of every map over a collection of photos (paper, §4, Fig. 2)."""
