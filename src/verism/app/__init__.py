"""The app: a local page on which two photos become a picture, by the functions of the command line."""
