"""Meshes, closest points and signed distances."""
