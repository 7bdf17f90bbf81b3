"""A series of photos in one look, which is fitted once and applied after their exposures are levelled."""
