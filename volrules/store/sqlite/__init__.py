"""The store in an SQLite file: nothing to install, nothing to run."""
