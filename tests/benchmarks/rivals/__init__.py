"""The rules in the languages of other engines."""
