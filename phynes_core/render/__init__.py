"""Turning geometry, materials and light into images."""
