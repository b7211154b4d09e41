"""The servers of Exchange, and the transport of mail between them."""
