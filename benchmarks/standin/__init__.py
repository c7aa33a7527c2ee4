"""A server that answers as InvenioRDM and NOMAD do, and costs next to nothing.

It is there for speed alone: it checks no metadata, keeps no rights, and proves nothing about
correctness. It runs as a process of its own, so that it takes no time from what is measured:

    python -m benchmarks.standin --help
"""
