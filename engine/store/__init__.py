"""The only importer of sqlite-utils."""
