"""Many runs from one file: a grid of options, run on one machine or a cluster, and a report of the results."""
