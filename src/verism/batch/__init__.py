"""Many photos: handed out to workers in chunks, each with a record of what came of it."""
