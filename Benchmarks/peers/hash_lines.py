"""hash_lines.py FILE: reads a file and hashes each line, as whoever checks a chain of records has to."""
import hashlib
import sys

with open(sys.argv[1], "rb") as file:
    for line in file:
        hashlib.sha256(line[:-1]).hexdigest()
