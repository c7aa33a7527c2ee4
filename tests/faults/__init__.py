"""Faults between the installed command and real servers: a proxy, and a check of what is left."""
