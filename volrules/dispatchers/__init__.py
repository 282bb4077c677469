"""The dispatchers that ship with volrules: ordinary plugins."""
