"""A series of photos in one look, which is fitted once, and given to them after their exposures are levelled."""
