"""The parametric body: SMPL's forward pass, files in and out, UV charts and motion clips."""
