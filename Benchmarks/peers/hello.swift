// The least that a Swift program does: what `opsrun --version` is measured against.
print("hello")
