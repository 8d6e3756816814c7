"""One file per exhibit of the paper, and what their measurements need."""
