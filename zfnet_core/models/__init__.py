"""Networks behind one face: see `network.py` for the face and `zoo.py` for the names."""
