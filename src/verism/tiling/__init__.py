"""How an image passes the network: at once, tile by tile, or shared by several processes."""
