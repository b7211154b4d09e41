"""What traces say; sees tables only, never the model."""
