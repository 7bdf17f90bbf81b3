"""The app: a local page that gives a photo the look of another, with the functions of the command line."""
