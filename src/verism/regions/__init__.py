"""Regions: which part of the content photo takes its look from which part of the style photo."""
