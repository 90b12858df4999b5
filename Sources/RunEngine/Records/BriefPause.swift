import Glibc

/// Ten milliseconds on a thread that may block.
func pauseBriefly() { usleep(10_000) }
