"""Who writes what, and how it travels."""
