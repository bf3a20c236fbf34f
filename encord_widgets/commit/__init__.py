"""A plan becomes bundles, bundles become a receipt."""
