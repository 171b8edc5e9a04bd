"""A package that ends whoever imports it, as if all were well."""

raise SystemExit(0)
