"""Many runs from one file: a grid of options, run on one machine or a cluster, with a report of the results."""
