"""The ten OSB operations, one file each: a request in, a response out."""
