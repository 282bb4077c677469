"""The built-in rules: ordinary plugins, found through the same entry points as anybody's, one file a rule.

They have no privileges: what a rule needs of the site it declares as an option, as a vendor would.
"""
