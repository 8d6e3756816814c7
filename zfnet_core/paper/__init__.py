"""The paper's values, with their sources."""
