"""Look at, edit, review, commit and prove custom metadata of Encord items, in a notebook."""
