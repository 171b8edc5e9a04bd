"""Bundles and packs on their way: registries, image layouts, object stores, archives."""
