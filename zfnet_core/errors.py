"""The errors this package raises on purpose.

The message of each is one sentence for a person: what was given, what is expected, what to do next.
The dashboard shows exactly that sentence.
"""


class ExplorerError(Exception):
    """Base of all errors whose message may be shown as it is."""


class ImageError(ExplorerError):
    """A picture that cannot be read or used."""


class CheckpointError(ExplorerError):
    """Weights that cannot be read or do not fit the network."""


class DownloadError(ExplorerError):
    """Weights or data that could not be fetched."""


class CorpusError(ExplorerError):
    """A collection of photos that cannot be read."""


class ResultError(ExplorerError):
    """A file of results that cannot be read, or is of something else."""


class UnknownName(ExplorerError):
    """A network, layer, map or unit that does not exist."""


class ComputationFailed(ExplorerError):
    """Long work that broke off for a reason that nobody has foreseen; the server's log has it."""
