"""One subcommand per file: a docstring with examples, one dataclass of options, and run(args) -> exit code."""
