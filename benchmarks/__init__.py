"""How fast publishkit is, measured beside the tools that people use today: see README.md."""
