"""The exhibits of the dashboard, one folder each; none knows another."""
