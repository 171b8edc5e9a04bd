"""Two snapshots in, drift out: match nodes, compare facts, ignore noise, rank the rest."""
