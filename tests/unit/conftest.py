"""Tests do not time: a busy machine fails nobody."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
