"""The rules: one file a behaviour, listed in `catalogue`."""
