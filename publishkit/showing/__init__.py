"""How a run is seen: in a terminal, in a notebook, and in words."""
