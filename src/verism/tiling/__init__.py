"""Ways for an image to pass the network: as a whole, tile by tile, or shared by several processes."""
