"""Ways for an image to pass through the network: as a whole, tile by tile, or shared by several processes."""
