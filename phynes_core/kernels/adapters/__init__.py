"""Libraries that a user may bring: PyTorch3D and tiny-cuda-nn, each behind the interface of our own operation."""
