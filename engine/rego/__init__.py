"""The only importer of a Rego runtime."""
