"""The version, as a constant: what prints it imports nothing else."""

VERSION = "0.1.0"
