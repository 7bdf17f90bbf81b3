"""Work on many photos: it is handed out to workers in chunks, and the outcome for each photo is recorded."""
