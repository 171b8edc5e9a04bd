"""Reading and writing documents: YAML and JSON with a line for every path, dialects, where they live."""
