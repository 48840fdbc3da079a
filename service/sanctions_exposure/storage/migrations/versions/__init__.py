"""One module a step, numbered in the order they are taken."""
