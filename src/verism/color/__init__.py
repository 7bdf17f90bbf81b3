"""The mathematics of colour: spaces, lookup tables, and maps from the colours of one photo to those of another."""
