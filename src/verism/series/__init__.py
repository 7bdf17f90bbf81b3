"""A series of photos in one look: it is fitted once, and given to photos whose exposures have been brought together."""
