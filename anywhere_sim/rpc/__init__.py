"""Remote procedure calls: their types, their framing, and the connections that carry them."""
