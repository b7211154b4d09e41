"""The servers: stores with their mailboxes, front ends, directories, and the transport of mail between them."""
