"""Settings under `[tool.wilk]` in `pyproject.toml`, or in `wilk.toml`. Layer: cli."""
