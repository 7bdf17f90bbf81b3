"""A series of photos in one look: fitted once, levelled so that neighbours agree, and given to each of them."""
