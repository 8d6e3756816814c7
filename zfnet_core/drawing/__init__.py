"""Pictures and figures that are shown or saved."""
