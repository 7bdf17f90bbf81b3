"""Many runs from one file: a grid of options, on one machine or a cluster, and what came of it."""
