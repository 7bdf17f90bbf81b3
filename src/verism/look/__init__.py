"""The look of a finished run, read back for other photos and, as a lookup table, for other programs."""
