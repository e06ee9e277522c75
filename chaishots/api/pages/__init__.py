"""The catalog viewer: pages of the public catalog in Telugu, Hindi and English, rendered here, cached like the JSON."""
