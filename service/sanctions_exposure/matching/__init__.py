"""Names: one normal form, an index over listed names, one scorer, and the snapshot that holds them."""
