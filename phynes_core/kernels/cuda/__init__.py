"""Fast paths for CUDA: Warp rays and queries, Triton maps and shading. Torch tensors in and out, on torch's stream."""
