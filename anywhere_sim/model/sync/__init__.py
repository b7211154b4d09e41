"""What a copy and its server exchange."""
