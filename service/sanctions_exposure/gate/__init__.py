"""The gate of a pipeline: files of parties and orders in, one report and one exit code out.

Nothing here asks lists itself: a ``Desk`` answers requests, be it this process or a server, and both give one report.
"""
