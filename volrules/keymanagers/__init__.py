"""The key managers that ship with volrules: ordinary plugins."""
