"""Many questions at once: tables, frames and files of requests. Every row that goes in comes out again."""
