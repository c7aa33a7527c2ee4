"""Real servers for live tests: see the README beside this file."""
