"""What requests and responses look like, and the documents that describe them."""
