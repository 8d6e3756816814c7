"""How right networks are on photos whose class is known: for a model card, or for Table 2 on anybody's photos."""
