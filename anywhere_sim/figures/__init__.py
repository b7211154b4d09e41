"""Pictures of traces and results."""
