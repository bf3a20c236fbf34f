"""Values, schema, items, changes and plans: pure functions and models without input or output."""
