"""What users do, one module each: the entry points of the library and of the command line."""
