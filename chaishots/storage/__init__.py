"""Where the bytes of pictures are kept: a folder, or a bucket. A leaf: imports nothing of content."""
