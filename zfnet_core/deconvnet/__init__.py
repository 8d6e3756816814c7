"""The way down: projecting a unit's activation back to the pixels (paper, §2.1)."""
