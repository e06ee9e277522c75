"""What the public is shown, now and at a later moment."""
