"""How each tool is told to do its work; what is a command of theirs stands here word by word."""
