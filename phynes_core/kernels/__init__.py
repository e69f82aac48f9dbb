"""Fast paths of the engine's operations, and the choice between them. Each has a plain torch reference elsewhere."""
