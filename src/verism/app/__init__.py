"""The app: a local web page that gives a photo the look of another, with the features of the command line."""
