"""Many machines: Dask takes the parts of a portfolio to workers, each of which opened the same lists by id.

Needs the optional extra ``cluster``; nothing else of the package imports this room.
"""
