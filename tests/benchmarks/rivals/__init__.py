"""Other engines, in their languages, on some of the rules."""
