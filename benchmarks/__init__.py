"""Speeds, as ratios measured in one process."""
