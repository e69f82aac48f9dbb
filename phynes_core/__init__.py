"""The engine: tensors in, tensors out. Never imports the app, a GUI or OpenGL."""
