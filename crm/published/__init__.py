"""Lists that an authority has published: read from any file or text, and matched with the firms we know."""
