"""Speed of the engine on this machine: stages, what a hand on the mouse gets, and how the cost grows with size."""
