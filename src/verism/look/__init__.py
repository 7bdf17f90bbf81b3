"""The look of a finished run, loaded to apply it to other photos or to export it as a lookup table."""
