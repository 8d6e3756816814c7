"""Look inside a convolutional network, after Zeiler & Fergus (2013/14). No user interface in here."""
