"""One queue in front of the device, shared long work, and caches with bounds."""
