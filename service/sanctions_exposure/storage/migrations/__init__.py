"""The steps from an empty database to the tables of this program; a step that was released is never changed."""
