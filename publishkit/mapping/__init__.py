"""A lab's export becomes the files of records, by rules that are data and no code."""
