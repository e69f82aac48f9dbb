"""Fast paths for the CPU: numba kernels and embree rays. NumPy arrays in and out, C-contiguous, float32 and int32."""
