"""Finding, reading and verifying policy packs.

A pack is a folder with ``pack.yaml``; a folder or file of Rego without one is a set of plain
(conftest) rules. Nothing here evaluates a rule.
"""
