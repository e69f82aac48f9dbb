"""Training: a capture in, an avatar out. Stage 1 learns the surface, stage 2 its materials and the light."""
