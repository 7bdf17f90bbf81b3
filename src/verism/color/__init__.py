"""The mathematics of colours: spaces, tables, and maps from the colours of one photo to those of another."""
