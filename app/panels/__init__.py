"""Dear PyGui panels. They read snapshots, post edits, and know nothing of tensors, GL or the engine."""
