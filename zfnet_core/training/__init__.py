"""Training the project's networks: `python -m zfnet_core.training --help`."""
