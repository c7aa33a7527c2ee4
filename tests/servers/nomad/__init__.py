"""What runs inside NOMAD."""
