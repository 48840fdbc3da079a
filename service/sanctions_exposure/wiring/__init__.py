"""The only place that knows every room: settings in, ready parts out."""
