"""Lists: from a publisher's files to a snapshot that can be searched."""
