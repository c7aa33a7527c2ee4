"""Small services in place of those that do not come in packages."""
