"""Work on many photos: chunks are distributed to workers, and the outcome for each photo is recorded."""
