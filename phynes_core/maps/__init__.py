"""Neural maps: small networks over the body's UV square."""
