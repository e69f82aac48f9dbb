"""Evaluation: an avatar against the pictures it has not seen and against ground truth where there is some."""
