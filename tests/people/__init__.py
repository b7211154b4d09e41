"""People: what they do, when, and what they write."""
