"""What every page stands on: the session, the current network and photo, the address, errors, saving."""
