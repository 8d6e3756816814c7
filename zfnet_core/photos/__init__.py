"""Photos: opening them safely, preparing them for a network, samples, and collections of them."""
