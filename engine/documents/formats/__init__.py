"""Documents that are neither YAML nor JSON: read as conftest reads them, or refused by name."""
