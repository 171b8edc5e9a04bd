"""Documents: where they live, YAML and JSON with a line for every path, dialects, writing."""
